import { ConfigError } from './config.ts';
import { logger } from './log.ts';
import { serve, type ServiceDefinition } from './serve.ts';
import { readTls } from './tls.ts';

interface Settings {
  KONTOR_LISTEN: string;
  KONTOR_TLS: string;
}

/**
 * Runs one service as this process until SIGTERM or SIGINT. Exit codes: 0 stopped, 1 failed, 2 wrong configuration.
 *
 * @param define parses the environment and says what to serve
 */
export async function runService<C extends Settings>(
  parse: () => C,
  define: (config: C) => ServiceDefinition,
): Promise<void> {
  try {
    const config = parse();
    const definition = define(config);
    const served = await serve(definition, {
      listen: config.KONTOR_LISTEN,
      tls: readTls(config.KONTOR_TLS, definition.name),
    });
    untilStopped(definition.name, served.close);
  } catch (error) {
    logger('start').fatal({ err: error }, error instanceof Error ? error.message : 'The service could not start.');
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

/** Closes on the first SIGTERM or SIGINT; a failure nobody caught ends the process: better gone than half alive. */
export function untilStopped(name: string, close: () => Promise<void>): void {
  const log = logger(name);
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stopping');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, 'unexpected failure');
      process.exit(1);
    });
  }
}
