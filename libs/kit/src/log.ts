import { pino, type DestinationStream, type Logger, type SerializedError } from 'pino';

/** Keys whose values never reach a log, at the top of an entry or one level below. */
const SECRETS = ['password', 'token', 'authorization', 'cookie', 'key', 'secret', 'url'];

/** Where a failed statement's values stand, in TypeORM's words and in PostgreSQL's: names, addresses, salts. */
const VALUES = ['parameters', 'detail', 'where'];

/** An error, and those inside it, without what it says of values; anything else as it is. */
function withoutValues(error: SerializedError): SerializedError {
  if (typeof error !== 'object' || error === null) return error;
  for (const key of VALUES) Reflect.deleteProperty(error, key);
  const { driverError, aggregateErrors = [] } = error as SerializedError & { driverError: SerializedError };
  [driverError, ...aggregateErrors].forEach(withoutValues);
  return error;
}

/** One JSON line per entry, on stdout unless another destination is given. */
export const logger = (name: string, level = process.env['KONTOR_LOG'] ?? 'info', to?: DestinationStream): Logger =>
  pino(
    {
      name,
      level,
      base: { name },
      serializers: { err: pino.stdSerializers.wrapErrorSerializer(withoutValues) },
      redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '(hidden)' },
    },
    to,
  );

export type { Logger };
