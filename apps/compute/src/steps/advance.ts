import { Account_Purpose, type Reservation } from '@kontor/contracts/quota/v1/quota';
import { problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import { affordableCover, coverDeviceMs, coveredMs, coverWanted, reservationTimeoutMs } from '../cover.ts';
import { engineJobId } from '../job-id.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { isFinal, type Progress } from './step.ts';

/**
 * Posts what a job used and covers its next interval, first with the ledger, then with the engine. What cannot be
 * covered whole is covered as far as the project's means go; what cannot be covered at all is left to the engine, which
 * gives notice and stops the job when its cover ends.
 */
export async function advance(ports: Ports, job: JobRow): Promise<Progress> {
  const wantedMs = coverWanted(job.elapsedMs, job.workload, ports.settings.terms.cover);
  const { deviceMs, isRefused } = await grant(ports, job, wantedMs);
  await ports.failpoint('compute.after-advance');

  const grantedMs =
    deviceMs < coverDeviceMs(wantedMs, job.billedMillidevices) ? coveredMs(deviceMs, job.billedMillidevices) : wantedMs;
  const isMore = grantedMs > job.coverMs;
  const seen = isMore ? await ports.engine.extendCover({ jobId: engineJobId(job), coverMs: grantedMs }) : undefined;
  if (!isMore && isRefused === job.isCoverRefused) return { job, isDone: true };
  const changes: Partial<JobRow> = {
    ...(isMore && { coverMs: grantedMs, coverDeviceMs: deviceMs }),
    isCoverRefused: isRefused,
    detail: isRefused ? 'Running; the project cannot pay for more, so that it stops when its cover ends.' : 'Running.',
  };
  const at = ports.clock.now();
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, changes, at)), seen, isDone: true };
}

interface Grant {
  /** Cumulative. */
  deviceMs: bigint;
  /** Whether the project could not pay for all that was wanted. */
  isRefused: boolean;
}

/** Has the ledger cover all that is wanted, or as much as the project can pay for. */
async function grant(ports: Ports, job: JobRow, wantedMs: bigint): Promise<Grant> {
  const { tenantId, projectId, id, billedDeviceMs: usedDeviceMs } = job;
  const wanted = coverDeviceMs(wantedMs, job.billedMillidevices);
  const timeoutMs = reservationTimeoutMs(wantedMs);
  const ask = async (cover: bigint): Promise<Reservation> =>
    ports.quota.advance({ project: { tenantId, projectId }, id, usedDeviceMs, coverDeviceMs: cover, timeoutMs });
  try {
    const whole = await ask(wanted);
    if (whole.coverDeviceMs >= wanted) return { deviceMs: whole.coverDeviceMs, isRefused: false };
    const most = await affordable(ports, job, whole);
    const part = most > whole.coverDeviceMs ? await ask(most < wanted ? most : wanted) : whole;
    return { deviceMs: part.coverDeviceMs, isRefused: part.coverDeviceMs < wanted };
  } catch (error) {
    const problem = problemOf(error);
    if (!isFinal(problem)) throw problem;
    ports.log.warn({ err: problem, tenantId, job: id }, 'quota covers no more, and not for want of money');
    return { deviceMs: job.coverDeviceMs, isRefused: false };
  }
}

async function affordable(
  { quota, settings }: Ports,
  job: JobRow,
  { coverDeviceMs: covered, ucrPerDeviceHour }: Reservation,
): Promise<bigint> {
  const { tenantId, projectId, acceleratorClass } = job;
  const { accounts } = await quota.listAccounts({ project: { tenantId, projectId } });
  const available = (asset: string): bigint | undefined =>
    accounts.find((account) => account.asset === asset && account.purpose === Account_Purpose.PROJECT)?.available;
  return affordableCover(covered, ucrPerDeviceHour, {
    credits: available(`CR:${settings.terms.operator}`),
    deviceMs: available(`DEVICE_MS:${acceleratorClass}`),
  });
}
