import type { AcceleratorClass } from '@kontor/contracts/compute/v1/compute';
import type { EngineService } from '@kontor/contracts/engine/v1/engine';
import type { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import type { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import type { QuotaService } from '@kontor/contracts/quota/v1/quota';
import type { Clock } from '@kontor/kit/clock';
import type { Client } from '@kontor/kit/grpc';
import type { Logger } from '@kontor/kit/log';
import type { DataSource } from 'typeorm';
import type { Terms } from './admission/rule.ts';
import type { FileStore } from './file-store.ts';
import type { StepPolicy } from './next-step.ts';

/** Points between two effects at which fault suites kill the process. */
export type Failpoint =
  | 'compute.after-occupy'
  | 'compute.after-reserve'
  | 'compute.before-submit'
  | 'compute.after-submit'
  | 'compute.after-observe'
  | 'compute.after-advance'
  | 'compute.before-settle'
  | 'compute.after-settle'
  | 'compute.before-finish';

export interface Settings {
  terms: Terms;
  steps: StepPolicy;
  /** How long a claim on a job keeps others away. */
  claimMs: number;
  /** How often to look for due jobs when nothing wakes the reconciler. */
  pollMs: number;
  capacityRefreshMs: number;
  /** How often to ask which projects are suspended. */
  suspensionMs: number;
  /** How long what an ended job has left is kept. */
  keepJobsMs: number;
  /** Jobs that take a step at the same time. */
  stepsAtOnce: number;
}

/** What compute's decisions reach the world through. */
export abstract class Ports {
  abstract readonly db: DataSource;
  abstract readonly clock: Clock;
  abstract readonly engine: Client<typeof EngineService>;
  abstract readonly quota: Client<typeof QuotaService>;
  abstract readonly programmes: Client<typeof ProgrammeService>;
  abstract readonly tenancy: Pick<Client<typeof TenancyService>, 'listSuspendedProjects'>;
  abstract readonly files: FileStore;
  abstract readonly settings: Settings;
  abstract readonly acceleratorClasses: AcceleratorClass[];
  abstract readonly log: Logger;
  abstract failpoint(name: Failpoint): void | Promise<void>;
}
