import { parseConfig, serviceEnvironment } from '@kontor/kit/config';
import { z } from 'zod';

/** What tenancy is told when it starts. */
export const tenancyEnvironment = serviceEnvironment.extend({
  KONTOR_DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address'),
  /** The operator's own tenant has this slug. */
  KONTOR_OPERATOR: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a slug, such as demo')
    .max(60)
    .default('demo'),
});

export type TenancyConfig = z.output<typeof tenancyEnvironment>;

/** The environment of the process, parsed once. */
export const parseTenancyConfig = (variables?: NodeJS.ProcessEnv): TenancyConfig =>
  parseConfig(tenancyEnvironment, variables);
