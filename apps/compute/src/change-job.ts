import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { journal, type JournalEntry } from '@kontor/kit/journal';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';

import { hasEnded, requireTransition } from './job-state.ts';
import { JobRow } from './tables.ts';

/** Someone else has claimed the job since: what this claim was about to write is no longer true. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** What is seen of a job that is alive, and when it was looked at: the next look replaces it, and it is no mutation. */
const OBSERVED = new Set<string>([
  'elapsedMs',
  'cpuMs',
  'memoryBytesMax',
  'diskBytes',
  'logBytes',
  'billedDeviceMs',
  'startedAt',
  'expectedEndAt',
  'budgetEndsAt',
  'askedAt',
] satisfies (keyof JobRow)[]);

/**
 * Writes changes to a job that the caller has claimed, with one journal row beside them, and answers the job as it is
 * then. A job that ends frees its slots in the same transaction.
 *
 * @param actor who wanted it; the service itself where nobody asked
 * @throws Superseded where the claim is no longer the newest
 */
export async function changeJob(
  tx: EntityManager,
  job: JobRow,
  changes: Partial<JobRow>,
  at: Date,
  actor = 'compute',
): Promise<JobRow> {
  const { tenantId, id, epoch, state } = job;
  const to = changes.state ?? state;
  if (to !== state) requireTransition(state, to);

  const set = { ...changes, resourceVersion: () => 'resource_version + 1' } as QueryDeepPartialEntity<JobRow>;
  const { affected } = await tx.update(JobRow, { tenantId, id, epoch, state }, set);
  if (affected !== 1) throw new Superseded(`The claim ${epoch} on job ${id} is no longer the newest.`);
  if (!Object.keys(changes).every((name) => OBSERVED.has(name)))
    await journal(tx, [{ ...entryOf(job, changes, to), at, actor }]);
  if (hasEnded(to)) await release(tx, job, at);
  return tx.findOneByOrFail(JobRow, { tenantId, id });
}

function entryOf(job: JobRow, changes: Partial<JobRow>, to: State): Omit<JournalEntry, 'at' | 'actor'> {
  const { outputs, workload: _workload, ...plain } = changes;
  return {
    tenantId: job.tenantId,
    subject: job.id,
    action: to === job.state ? sameState(changes) : `job.${State[to].toLowerCase()}`,
    before: { state: State[job.state], coverMs: job.coverMs },
    after: {
      ...plain,
      state: State[to],
      ...(outputs && { outputs: outputs.map(({ path, sha256 }) => ({ path, sha256 })) }),
    },
  };
}

/** What a change is called that leaves the state as it is. */
function sameState({ outcome, priority, shortOf, goesOn }: Partial<JobRow>): string {
  if (outcome) return 'job.concluded';
  if (priority === Priority.LOW) return 'job.low_priority';
  if (shortOf === null) return 'job.budget_restored';
  return shortOf !== undefined || goesOn !== undefined ? 'job.budget_warning' : 'job.cover';
}

/** Frees the slots with the same transaction that ends the job. A clock that was set back leaves an empty interval. */
async function release(tx: EntityManager, { tenantId, id }: JobRow, at: Date): Promise<void> {
  await tx.query(
    `UPDATE occupancy SET during = tstzrange(lower(during), greatest(lower(during), $3::timestamptz))
      WHERE holder_kind = 'job' AND holder_tenant_id = $1 AND holder_id = $2 AND upper_inf(during)`,
    [tenantId, id, at],
  );
}
