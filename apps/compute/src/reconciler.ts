import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Observation } from '@kontor/contracts/engine/v1/engine';
import { claimDue } from './claims.ts';
import { ClusterWatch } from './clusters.ts';
import { driveJob, giveUpFor } from './drive-job.ts';
import { engineJobId } from './job-id.ts';
import { hasEnded } from './job-state.ts';
import { observe, told } from './observe.ts';
import { Ports } from './ports.ts';
import { placeQueued } from './steps/place-queued.ts';
import type { Progress } from './steps/step.ts';
import { Retention } from './retention.ts';
import { SuspensionWatch } from './suspension.ts';
import type { JobRow } from './tables.ts';

/**
 * Brings every job closer to what is wanted of it. It trusts no events: it looks at what is due, compares, and takes
 * the step that follows, so that whatever was missed or interrupted is found again by the next look.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Jobs being worked on here: one is never claimed twice by the same process, however long a step takes. */
  readonly #busy = new Map<JobRow, Promise<void>>();
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #placing: Promise<unknown> | undefined;
  /** Something changed while the queue was served: what it did not see yet may make room. */
  #placeAgain = false;
  #running = Promise.resolve();

  constructor(
    private readonly ports: Ports,
    private readonly clusters: ClusterWatch,
    private readonly suspensions: SuspensionWatch,
    private readonly retention: Retention,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  /** Steps under way end; everything else waits for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    await Promise.allSettled([this.#placing, ...this.#busy.values()]);
  }

  /** Has the reconciler look now rather than at its next turn. */
  wake(): void {
    this.#wake.abort();
  }

  /** Takes the first step of a job for whoever waits for its answer; the reconciler takes the others. */
  async driveOnce(job: JobRow): Promise<Progress> {
    const progress = await driveJob(this.ports, job, undefined, { stepsMax: 1 });
    this.wake();
    return progress;
  }

  /** Claims what is due, as far as there are hands, and starts on it. Answers when that is done with. */
  async begin(): Promise<{ done: Promise<unknown> }> {
    const hands = this.ports.settings.stepsAtOnce - this.#busy.size;
    if (hands <= 0) return { done: this.#done() };
    const busy = [...this.#busy.keys()].map(({ id }) => id);
    const jobs = await claimDue(this.ports, hands, busy);
    const seen = observe(this.ports, jobs, this.clusters);
    for (const job of jobs) this.#busy.set(job, this.#work(job, seen));
    return { done: this.#done() };
  }

  #done = (): Promise<unknown> => Promise.all(this.#busy.values());

  async #work(job: JobRow, seen: Promise<Map<string, Observation>>): Promise<void> {
    const leavesWork = await this.#look(job, seen);
    const wereAllBusy = this.#busy.size >= this.ports.settings.stepsAtOnce;
    this.#busy.delete(job);
    if (leavesWork || wereAllBusy) this.wake();
  }

  /** Whether there is something to do at once: the job has ended and left room, or it is wanted again already. */
  async #look(job: JobRow, seen: Promise<Map<string, Observation>>): Promise<boolean> {
    try {
      const observations = await seen;
      await this.ports.failpoint('compute.after-observe');
      const progress = await driveJob(this.ports, job, told(observations.get(engineJobId(job))));
      return hasEnded(progress.job.state) || progress.wasAsked === true;
    } catch (error) {
      await giveUpFor(this.ports, job, error);
      return false;
    }
  }

  async #run(): Promise<void> {
    const { log, settings } = this.ports;
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      this.clusters.refreshWhenDue();
      this.suspensions.refreshWhenDue(() => this.wake());
      this.retention.forgetWhenDue();
      if (this.#placing) this.#placeAgain = true;
      else this.#placing = this.#placeQueued();
      await this.begin().catch((error: unknown) =>
        log.error({ err: error }, 'the reconciler could not look and tries again'),
      );
      await sleep(settings.pollMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
  }

  /** Beside the rest: a ledger that answers slowly must not keep running jobs from their cover. */
  async #placeQueued(): Promise<void> {
    try {
      if ((await placeQueued(this.ports)) > 0) this.wake();
    } catch (error) {
      this.ports.log.warn({ err: error }, 'the queue could not be served and is tried again');
    } finally {
      this.#placing = undefined;
      if (this.#placeAgain) this.wake();
      this.#placeAgain = false;
    }
  }
}
