import { z } from 'zod';

/** Every service's own settings, from the environment that started it. */
export const serviceEnvironment = z.object({
  KONTOR_LISTEN: z.string().regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7810'),
  KONTOR_TLS: z.string().min(1, 'must be the folder of ca.crt and of the service certificates'),
  KONTOR_LOG: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** Thrown once for a whole environment: one sentence per fault, none of which shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Parses the environment once; a service with a wrong one does not start. */
export function parseConfig<T extends z.ZodType>(schema: T, environment: NodeJS.ProcessEnv = process.env): z.output<T> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) =>
    issue.code === 'invalid_type' && environment[issue.path.join('.')] === undefined
      ? `${issue.path.join('.')} is not set.`
      : `${issue.path.join('.')} ${issue.message}.`,
  );
  throw new ConfigError(faults.join(' '));
}
