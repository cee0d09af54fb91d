import { ConfigError } from '@kontor/kit/config';
import { logger } from '@kontor/kit/log';
import { untilStopped } from '@kontor/kit/run-service';
import { readConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

try {
  untilStopped('gateway', (await startGateway(readConfig(process.env))).close);
} catch (error) {
  logger('gateway').fatal({ err: error }, error instanceof Error ? error.message : 'The gateway could not start.');
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
