import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { ChargeRecord_Cause as Cause, Reservation_State, type Reservation } from '@kontor/contracts/quota/v1/quota';
import { Problem, problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import { endedColumns } from './settle.ts';
import { reservationTimeoutMs } from '../cover.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { isFinal, type Progress } from './step.ts';

/**
 * Sets the budget of a placed job aside. Asked twice, quota answers the same reservation. A refusal ends the job and
 * frees its slots with one transaction; a job that was cancelled meanwhile is let go by the next step.
 */
export async function reserve(ports: Ports, job: JobRow): Promise<Progress> {
  const answer = await ask(ports, job);
  await ports.failpoint('compute.after-reserve');
  const at = ports.clock.now();
  if (answer instanceof Problem) {
    const ended = await inScope(ports.db, job, (tx) =>
      changeJob(tx, job, { ...endedColumns(at), ...endingOf(job, answer) }, at),
    );
    return { job: ended, refusal: answer };
  }
  const { coverDeviceMs, ucrPerDeviceHour } = answer;
  return {
    job: await inScope(ports.db, job, (tx) =>
      changeJob(
        tx,
        job,
        {
          state: State.STARTING,
          coverDeviceMs,
          ucrPerDeviceHour,
          detail: 'Its budget is set aside, its inputs are being laid out.',
        },
        at,
      ),
    ),
  };
}

async function ask({ quota }: Ports, job: JobRow): Promise<Reservation | Problem> {
  const { tenantId, projectId, id, acceleratorClass, devices, coverDeviceMs, coverMs, awardId } = job;
  try {
    const reservation = await quota.reserve({
      project: { tenantId, projectId },
      id,
      acceleratorClass,
      slots: devices,
      coverDeviceMs,
      timeoutMs: reservationTimeoutMs(coverMs),
      ...(awardId && { awardId }),
    });
    return reservation.state === Reservation_State.PENDING
      ? reservation
      : Problem.conflict(
          'reservation_ended',
          'What was set aside for it has returned already.',
          'Submit it again under a new id.',
        );
  } catch (error) {
    const problem = problemOf(error);
    if (isFinal(problem)) return problem;
    throw problem;
  }
}

/** Money and rights are the project's matter; any other refusal is a fault between the operator's own services. */
function endingOf({ isCancelAsked }: JobRow, { kind, detail }: Problem): Partial<JobRow> {
  if (isCancelAsked) return { state: State.CANCELLED, cause: Cause.USER, detail: 'Cancelled before it started.' };
  const isBudget = kind === Kind.EXHAUSTED || kind === Kind.REFUSED;
  return { state: State.FAILED, cause: isBudget ? Cause.BUDGET : Cause.SITE, detail };
}
