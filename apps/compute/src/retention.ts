import { Injectable } from '@nestjs/common';
import { journal } from '@kontor/kit/journal';
import { inScope } from '@kontor/kit/tenant-scope';
import { IsNull, LessThan, type EntityManager } from 'typeorm';
import { engineJobId, type JobKey } from './job-id.ts';
import { Ports } from './ports.ts';
import { Recurring } from './recurring.ts';
import { JobRow } from './tables.ts';

const EVERY_MS = 60_000;
/** Forgotten in one turn, so that a long rest does not end in a long stop. */
const JOBS_AT_ONCE = 500;

/** Has engines forget jobs that ended long ago: their logs and outputs go, and their rows stay. */
@Injectable()
export class Retention {
  readonly #recurring: Recurring;

  constructor(private readonly ports: Ports) {
    this.#recurring = new Recurring(
      EVERY_MS,
      () => this.forgetOld(),
      (error) => ports.log.warn({ err: error }, 'what ended jobs left could not be deleted'),
    );
  }

  forgetWhenDue(): void {
    this.#recurring.whenDue();
  }

  /** What cannot be deleted now is tried again at the next turn, and holds up no other. */
  async forgetOld(): Promise<void> {
    const { db, clock, settings } = this.ports;
    const before = new Date(clock.now().getTime() - settings.keepJobsMs);
    const old: JobKey[] = await inScope(db, 'all', (tx) =>
      tx.find(JobRow, {
        where: { endedAt: LessThan(before), forgottenAt: IsNull() },
        order: { endedAt: 'ASC' },
        select: { tenantId: true, id: true },
        take: JOBS_AT_ONCE,
      }),
    );
    for (const job of old) await this.#forget(job);
  }

  /** The engine first: were it the other way round, a crash between them could leave its part for ever. */
  async #forget(job: JobKey): Promise<void> {
    const { db, engine, clock, log } = this.ports;
    try {
      await engine.forget({ jobId: engineJobId(job) });
      await inScope(db, job, (tx) => writeDown(tx, job, clock.now()));
    } catch (error) {
      log.warn({ tenantId: job.tenantId, job: job.id, err: error }, 'what a job left could not be deleted');
    }
  }
}

/** Once, also where two of us forget it at the same time. */
async function writeDown(tx: EntityManager, { tenantId, id }: JobKey, at: Date): Promise<void> {
  const set = { forgottenAt: at, resourceVersion: () => 'resource_version + 1' };
  const { affected } = await tx.update(JobRow, { tenantId, id, forgottenAt: IsNull() }, set);
  if (affected !== 1) return;
  await journal(tx, [{ at, actor: 'compute', action: 'job.forgotten', subject: id, tenantId }]);
}
