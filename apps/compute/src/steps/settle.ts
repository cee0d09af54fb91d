import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { isFinal, type Progress } from './step.ts';

/**
 * Ends the reservation of a job whose outcome is known, then the job: its final use is posted or its reservation
 * voided, then its state and its slots change together. Each may be repeated, in this order.
 */
export async function settle(ports: Ports, job: JobRow): Promise<Progress> {
  await ports.failpoint('compute.before-settle');
  await endReservation(ports, job);
  await ports.failpoint('compute.after-settle');
  await ports.failpoint('compute.before-finish');
  const at = ports.clock.now();
  const state = job.outcome ?? State.FAILED;
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, { ...endedColumns(at), state }, at)) };
}

async function endReservation({ quota, log }: Ports, job: JobRow): Promise<void> {
  const { tenantId, projectId, id, billedDeviceMs: usedDeviceMs, cause, settlement } = job;
  const reservation = { project: { tenantId, projectId }, id };
  try {
    if (settlement === 'void') await quota.void(reservation);
    else await quota.post({ ...reservation, usedDeviceMs, cause });
  } catch (error) {
    const problem = problemOf(error);
    if (!isFinal(problem)) throw problem;
    // What quota will never accept must not keep slots for ever; the reservation itself expires.
    log.error(
      { err: problem, tenantId, job: id, settlement, usedDeviceMs: usedDeviceMs.toString() },
      'quota refused the settlement',
    );
  }
}

/** What every ended job's row says: nothing is due any more. */
export const endedColumns = (endedAt: Date): Partial<JobRow> => ({
  endedAt,
  nextAt: null,
  claimedUntil: null,
  expectedEndAt: null,
  trouble: null,
});
