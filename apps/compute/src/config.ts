import { join } from 'node:path';
import { serviceEnvironment } from '@kontor/kit/config';
import { uuid5 } from '@kontor/kit/id';
import { z } from 'zod';
import type { LocalEngineOptions } from './engines/local/local-engine.ts';
import type { Settings } from './ports.ts';

const address = (such: string) => z.string().regex(/^[^:\s]+:\d{1,5}$/, `must be host:port, such as ${such}`);
const flag = (fallback: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(fallback)
    .transform((text) => text === 'true');
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).max(86_400_000).default(fallback);

const DAY_MS = 86_400_000;

/** What compute is told when it starts. */
export const computeEnvironment = serviceEnvironment
  .extend({
    KONTOR_DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address'),
    KONTOR_QUOTA: address('127.0.0.1:7810'),
    KONTOR_TENANCY: address('127.0.0.1:7805'),
    /** Uploaded files live in uploads/ below it, beside what the local engine keeps. */
    KONTOR_HOME: z.string().min(1, 'must be a folder'),
    KONTOR_OPERATOR: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be a slug')
      .default('demo'),
    /** The operator's own tenant, whose jobs may run without isolation. */
    KONTOR_OPERATOR_TENANT: z.uuid('must be a UUID').optional(),
    /** In plain sight: lets jobs of all tenants run on machines that do not keep them apart. */
    KONTOR_ADMIT_UNISOLATED: flag('false'),
    /** Elapsed time that a job is paid for ahead, and what is left of it when more is asked for. */
    KONTOR_COVER_MS: milliseconds(60_000),
    KONTOR_COVER_MARGIN_MS: milliseconds(20_000),
    KONTOR_OBSERVE_MS: milliseconds(500),
    KONTOR_POLL_MS: milliseconds(500),
    KONTOR_CAPACITY_MS: milliseconds(30_000),
    KONTOR_SUSPENSION_MS: milliseconds(2_000),
    /** Longer than any one call to another service may take. */
    KONTOR_CLAIM_MS: milliseconds(10_000),
    KONTOR_STEPS_AT_ONCE: z.coerce.number().int().min(1).max(1_000).default(32),
    KONTOR_KEEP_JOBS_DAYS: z.coerce.number().int().min(1).max(36_500).default(30),
    /** False runs jobs of this machine without a sandbox, also where one could be built. */
    KONTOR_SANDBOX: flag('true'),
    /** Folder of a control group of version 2 that the operator delegated. */
    KONTOR_CONTROL_GROUP: z.string().min(1).optional(),
    KONTOR_FILE_BYTES_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .default(2 ** 30),
  })
  .refine((env) => env.KONTOR_COVER_MARGIN_MS < env.KONTOR_COVER_MS, {
    path: ['KONTOR_COVER_MARGIN_MS'],
    error: 'must be less than KONTOR_COVER_MS',
  });

export type ComputeConfig = z.output<typeof computeEnvironment>;

/** The operator's own tenant follows from the operator's name unless it is given. */
export const operatorTenantOf = (operator: string): string => uuid5('tenant', operator);

export function settingsOf(config: ComputeConfig): Settings {
  const cover = { intervalMs: BigInt(config.KONTOR_COVER_MS), marginMs: BigInt(config.KONTOR_COVER_MARGIN_MS) };
  return {
    terms: {
      operator: config.KONTOR_OPERATOR,
      operatorTenantId: config.KONTOR_OPERATOR_TENANT ?? operatorTenantOf(config.KONTOR_OPERATOR),
      admitsUnisolated: config.KONTOR_ADMIT_UNISOLATED,
      cover,
    },
    steps: { cover, observeMs: config.KONTOR_OBSERVE_MS },
    claimMs: config.KONTOR_CLAIM_MS,
    pollMs: config.KONTOR_POLL_MS,
    capacityRefreshMs: config.KONTOR_CAPACITY_MS,
    keepJobsMs: config.KONTOR_KEEP_JOBS_DAYS * DAY_MS,
    suspensionMs: config.KONTOR_SUSPENSION_MS,
    stepsAtOnce: config.KONTOR_STEPS_AT_ONCE,
  };
}

/** How the engine of this machine is to run its jobs. */
export const engineOptions = (config: ComputeConfig): LocalEngineOptions => ({
  home: config.KONTOR_HOME,
  sandbox: config.KONTOR_SANDBOX,
  ...(config.KONTOR_CONTROL_GROUP && { controlGroup: config.KONTOR_CONTROL_GROUP }),
});

/** Apart from the local engine's own store, which holds what jobs were given. */
export const filesFolder = ({ KONTOR_HOME }: Pick<ComputeConfig, 'KONTOR_HOME'>): string =>
  join(KONTOR_HOME, 'uploads');
