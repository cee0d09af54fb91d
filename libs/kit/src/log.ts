import { pino, type Logger } from 'pino';

/** Keys whose values never reach a log, at the top of an entry or one level below. */
const SECRETS = ['password', 'token', 'authorization', 'cookie', 'key', 'secret', 'url'];

/** One JSON line per entry on stdout. */
export const logger = (name: string, level = process.env['KONTOR_LOG'] ?? 'info'): Logger =>
  pino({
    name,
    level,
    base: { name },
    redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '(hidden)' },
  });

export type { Logger };
