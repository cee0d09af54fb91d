import type { Observation } from '@kontor/contracts/engine/v1/engine';
import { problemOf } from '@kontor/kit/problem';
import { Superseded } from './change-job.ts';
import { backOff, releaseClaim } from './claims.ts';
import { hasEnded } from './job-state.ts';
import { nextStep } from './next-step.ts';
import type { Ports } from './ports.ts';
import type { Progress } from './steps/step.ts';
import { takeStep } from './steps/take-step.ts';
import type { JobRow } from './tables.ts';

/** More steps than any job has: a look that does not come to rest is a fault, and must not hold the others up. */
const STEPS_MAX = 20;

/**
 * Takes the steps of a job that the caller has claimed until it comes to rest, and gives the claim back. A failure that
 * may pass is nobody's answer: the job keeps its state, and is looked at again a little later.
 */
export async function driveJob(
  ports: Ports,
  job: JobRow,
  seen: Observation | undefined,
  { stepsMax = STEPS_MAX } = {},
): Promise<Progress> {
  const { clock, settings } = ports;
  let at: Progress = { job, seen };
  let restUntil: Date | undefined;
  try {
    for (let steps = 0; steps < stepsMax && !restUntil && !hasEnded(at.job.state); steps++) {
      const step = nextStep(at.job, at.seen, clock.now(), settings.steps);
      if (step.do === 'wait') {
        restUntil = step.until;
      } else {
        at = await takeStep(ports, at.job, step);
        if (at.isDone) restUntil = new Date(clock.now().getTime() + settings.steps.observeMs);
      }
    }
    if (!restUntil && stepsMax === STEPS_MAX && !hasEnded(at.job.state))
      throw new Error(`Job ${job.id} does not come to rest.`);
    return { ...at, wasAsked: await releaseClaim(ports, at.job, restUntil ?? clock.now()) };
  } catch (error) {
    await giveUpFor(ports, at.job, error);
    return at;
  }
}

/** Gives the claim back after a failure. Should even that fail, the claim runs out by itself. */
export async function giveUpFor(ports: Ports, job: JobRow, error: unknown): Promise<void> {
  const about = { tenantId: job.tenantId, job: job.id, err: error };
  if (error instanceof Superseded) {
    ports.log.info(about, 'somebody else looks after it now');
    return;
  }
  ports.log.warn(about, 'a step did not succeed and is tried again');
  await backOff(ports, job, problemOf(error)).catch((fault: unknown) =>
    ports.log.error({ ...about, err: fault }, 'a claim could not be given back'),
  );
}
