import { pino } from 'pino';
import { startProvider } from './provider.ts';
import { RealmFault } from './realm-fault.ts';
import { readSettings } from './settings.ts';

const log = pino({ name: 'identity', base: { name: 'identity' }, level: process.env['KONTOR_LOG'] ?? 'info' });

try {
  const provider = await startProvider(readSettings(process.env));
  log.info({ issuer: provider.issuer }, 'serving');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      void provider.close().then(() => process.exit(0));
    });
  }
  process.on('SIGUSR2', () => void provider.rotateKeys().then(() => log.info('a new key signs')));
} catch (error) {
  const help = error instanceof RealmFault ? { help: error.help } : { err: error };
  log.fatal(help, error instanceof Error ? error.message : 'The sign-in server could not start.');
  process.exitCode = error instanceof RealmFault ? 2 : 1;
}
