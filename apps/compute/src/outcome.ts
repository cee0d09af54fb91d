import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_End as End, type Observation } from '@kontor/contracts/engine/v1/engine';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { stoppedFor } from './budget-sentence.ts';
import type { JobRow } from './tables.ts';

/** How a job ends, and whose doing it is. */
export interface Outcome {
  state: State.SUCCEEDED | State.FAILED | State.CANCELLED;
  cause: Cause;
  detail: string;
  settlement: 'post' | 'void';
}

type Ending = Omit<Outcome, 'settlement'>;
type Ended = Pick<JobRow, 'shortOf' | 'goesOn' | 'isGivingWay' | 'isCancelAsked' | 'isSuspended'>;

/** What the engine saw of a job that has ended, as its outcome. */
export function outcomeOf(seen: Observation, job: Ended): Outcome {
  return { ...endingOf(seen, job), settlement: 'post' };
}

function endingOf(seen: Observation, job: Ended): Ending {
  const failed = (cause: Cause, detail: string): Ending => ({
    state: State.FAILED,
    cause,
    detail: seen.detail || detail,
  });
  switch (seen.end) {
    case End.EXITED:
      return exited(seen);
    case End.STOPPED:
      return stopped(job);
    case End.TIME_LIMIT:
      return failed(Cause.LIMIT, 'Stopped at its time limit.');
    case End.MEMORY_LIMIT:
      return failed(Cause.LIMIT, 'Stopped because it needed more memory than it asked for.');
    case End.DISK_LIMIT:
      return failed(Cause.LIMIT, 'Stopped because it wrote more than it asked for.');
    case End.PROCESS_LIMIT:
      return failed(Cause.LIMIT, 'Stopped because it started more processes than it asked for.');
    case End.COVER_ENDED:
      return coverEnded(job);
    case End.NOT_STARTED:
      return failed(Cause.USER, 'The program could not be started.');
    case End.LOST:
      return failed(Cause.SITE, 'The cluster lost it. Nothing is charged.');
    case End.END_UNSPECIFIED:
      return failed(Cause.SITE, 'The cluster did not say how it ended. Nothing is charged.');
  }
}

function exited({ exitCode, signal }: Observation): Ending {
  if (exitCode === 0) return { state: State.SUCCEEDED, cause: Cause.USER, detail: 'The program ended well.' };
  const how = exitCode === undefined ? `was ended by ${signal || 'a signal'}` : `exited with ${exitCode}`;
  return { state: State.FAILED, cause: Cause.USER, detail: `The program ${how}.` };
}

function stopped({ isGivingWay, isCancelAsked, isSuspended }: Ended): Ending {
  if (isSuspended && !isCancelAsked) return suspended('Stopped because its project is suspended.');
  if (isGivingWay && !isCancelAsked) return gaveWay;
  return { state: State.CANCELLED, cause: Cause.USER, detail: 'Stopped because it was cancelled.' };
}

const suspended = (detail: string): Ending => ({ state: State.CANCELLED, cause: Cause.SUSPENDED, detail });

/** Not cancelled, for that is its owner's word; its work is not done. */
const gaveWay: Ending = {
  state: State.FAILED,
  cause: Cause.PREEMPTED,
  detail: 'It ran at low priority and gave way to a job that needed its place.',
};

/**
 * The engine stops a job when nobody extends its cover. That is the budget's doing only if the ledger was asked and
 * found too little; if nobody asked, or it could have gone on unpaid, Kontor itself was away, and the job's owner does
 * not pay for that.
 */
function coverEnded(job: Ended): Ending {
  const { shortOf, goesOn, isGivingWay, isSuspended } = job;
  if (isGivingWay || isSuspended) return stopped(job);
  return shortOf !== null && !goesOn
    ? { state: State.FAILED, cause: Cause.BUDGET, detail: stoppedFor(shortOf) }
    : {
        state: State.FAILED,
        cause: Cause.SITE,
        detail: 'Stopped because Kontor was away too long. Nothing is charged.',
      };
}

/** The engine knows nothing of a job that it has run. */
export const lost: Outcome = {
  state: State.FAILED,
  cause: Cause.SITE,
  detail: 'The cluster lost it. Nothing is charged.',
  settlement: 'post',
};

/** It was to end before the engine had heard of it. */
export const neverRan = ({ isCancelAsked }: Pick<Ended, 'isCancelAsked'>): Outcome =>
  isCancelAsked
    ? { state: State.CANCELLED, cause: Cause.USER, detail: 'Cancelled before it started.', settlement: 'void' }
    : { ...suspended('Its project was suspended before it started.'), settlement: 'void' };

/** The engine would not have it. */
export const notAccepted = (why: string): Outcome => ({
  state: State.FAILED,
  cause: Cause.SITE,
  detail: `The cluster refused it: ${why}`,
  settlement: 'void',
});
