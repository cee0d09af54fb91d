import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_State as Seen, type Observation, type Usage } from '@kontor/contracts/engine/v1/engine';
import { isAskDue } from './budget-outlook.ts';
import type { CoverTerms } from './cover.ts';
import { lost, neverRan, outcomeOf, type Outcome } from './outcome.ts';
import type { JobRow } from './tables.ts';

export interface StepPolicy {
  cover: CoverTerms;
  /** How long to wait between two looks at a job that is doing what it should. */
  observeMs: number;
}

/** What to do next about one job. Every step may be repeated. */
export type Step =
  /** Set its budget aside. */
  | { do: 'reserve' }
  /** Hand it to the engine. */
  | { do: 'start' }
  /** Write down what the engine says. */
  | { do: 'follow'; state: State; seen: Observation }
  /** Post what was used and cover the next interval. */
  | { do: 'advance' }
  | { do: 'stop' }
  /** Write down how it ends. */
  | { do: 'conclude'; outcome: Outcome; seen?: Observation }
  /** End its reservation, then it. */
  | { do: 'settle' }
  | { do: 'wait'; until: Date };

/**
 * Compares what is wanted of a job with what is true of it. Pure and without memory: whatever was interrupted before,
 * the same step follows from the same facts.
 *
 * @param seen what the engine says; undefined when it does not know the job
 */
export function nextStep(job: JobRow, seen: Observation | undefined, now: Date, policy: StepPolicy): Step {
  const wait: Step = { do: 'wait', until: new Date(now.getTime() + policy.observeMs) };
  switch (job.state) {
    case State.PLACED:
      return { do: 'reserve' };
    case State.STARTING:
      if (seen) return whileAlive(job, seen, now, policy) ?? wait;
      return mustEnd(job) ? { do: 'conclude', outcome: neverRan(job) } : { do: 'start' };
    case State.RUNNING:
    case State.PAUSED:
      if (seen) return whileAlive(job, seen, now, policy) ?? wait;
      return { do: 'conclude', outcome: lost };
    case State.STOPPING:
      if (job.outcome !== null) return { do: 'settle' };
      if (!seen) return { do: 'conclude', outcome: lost };
      if (seen.state === Seen.ENDED) return conclude(job, seen);
      return seen.state === Seen.STOPPING && !isHurried(job) ? wait : { do: 'stop' };
    case State.UNSPECIFIED:
    case State.QUEUED:
    case State.SUCCEEDED:
    case State.FAILED:
    case State.CANCELLED:
      throw new Error(`There is no step for a job that is ${State[job.state]}.`);
  }
}

/** Somebody wants it to end, whatever it is worth. */
const mustEnd = (job: JobRow): boolean => job.isCancelAsked || job.isSuspended;

/** Nobody wants to wait for the checkpoint that it was asked for. */
const isHurried = (job: JobRow): boolean => job.isGivingWay && mustEnd(job);

/** Usage is written down before it is posted, so that what is posted at the end is never less than before. */
function whileAlive(job: JobRow, seen: Observation, now: Date, { cover }: StepPolicy): Step | undefined {
  if (seen.state === Seen.ENDED) return conclude(job, seen);
  if (mustEnd(job) || job.isGivingWay) return { do: 'stop' };
  const state = stateSeen(job.state, seen.state);
  if (state !== job.state || isNews(seen.usage, job)) return { do: 'follow', state, seen };
  return job.state !== State.STARTING && isAskDue(job, now, cover) ? { do: 'advance' } : undefined;
}

const conclude = (job: JobRow, seen: Observation): Step => ({ do: 'conclude', outcome: outcomeOf(seen, job), seen });

/** A job is running before it can be paused; the engine may have seen both between two looks. */
function stateSeen(now: State, seen: Seen): State {
  if (seen === Seen.STARTING || seen === Seen.STOPPING) return now;
  return seen === Seen.PAUSED && now !== State.STARTING ? State.PAUSED : State.RUNNING;
}

const isNews = (usage: Usage | undefined, job: JobRow): boolean =>
  usage !== undefined &&
  (usage.elapsedMs > job.elapsedMs ||
    usage.cpuMs > job.cpuMs ||
    usage.memoryBytesMax > job.memoryBytesMax ||
    usage.diskBytes !== job.diskBytes ||
    usage.logBytes > job.logBytes);
