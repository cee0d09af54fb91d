import { parseConfig, serviceEnvironment } from '@kontor/kit/config';
import { z } from 'zod';

/** What the ledger is told when it starts; also the token by which Nest hands it around. */
export abstract class QuotaConfig {
  /** Slug of the operator whose credits these are. */
  abstract readonly operator: string;
  /** postgres://… of the app role. */
  abstract readonly databaseUrl: string;
  /** For how long after a start or a jump of the clock nothing expires and no award ends by itself. */
  abstract readonly quietMs: number;
  /** Start although the database may forget what it has acknowledged. For tests alone. */
  abstract readonly allowUnsafeDatabase: boolean;
}

const environment = serviceEnvironment.extend({
  KONTOR_DATABASE_URL: z.string().startsWith('postgres://', 'must be the address of a database, postgres://…'),
  KONTOR_OPERATOR: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a slug, such as demo')
    .max(60)
    .default('demo'),
  // Several times as long as a running job is usually covered ahead: by then whoever is there has reported.
  KONTOR_QUIET_MS: z.coerce.number().int().min(1).max(86_400_000).default(300_000),
  KONTOR_ALLOW_UNSAFE_DATABASE: z.enum(['0', '1']).default('0'),
});

/** The environment of the process, parsed once. */
export function parseQuotaConfig(variables?: NodeJS.ProcessEnv) {
  const parsed = parseConfig(environment, variables);
  const quota: QuotaConfig = {
    operator: parsed.KONTOR_OPERATOR,
    databaseUrl: parsed.KONTOR_DATABASE_URL,
    quietMs: parsed.KONTOR_QUIET_MS,
    allowUnsafeDatabase: parsed.KONTOR_ALLOW_UNSAFE_DATABASE === '1',
  };
  return { ...parsed, quota };
}
