import { failpoint } from '@kontor/kit/failpoint';
import { Problem, problemOf } from '@kontor/kit/problem';

/** Who waits for an answer. */
export interface Waiter {
  /** Whether nobody waits any more. */
  readonly isGone: boolean;
}

interface Waiting<C, R> {
  command: C;
  waiter: Waiter | undefined;
  resolve(result: R): void;
  reject(problem: Problem): void;
}

/**
 * Most commands of one transaction: enough to share one commit, and few enough that while the database works on one
 * batch of a full stream, the answers to the batch before and the requests of the next are on their way.
 */
const BATCH_SIZE_MAX = 512;

/** So few are not worth a second commit. */
const UNDIVIDED_MAX = 8;

/**
 * Of all that are about, how many go next: half. Were it all of them, everyone would wait for the database together,
 * and then the database for everyone: halves take turns.
 *
 * @param waiting commands that could go
 * @param answering commands whose answers are being written while the next batch goes
 */
export function batchSize(waiting: number, answering: number): number {
  const half = Math.ceil((waiting + answering) / 2);
  return Math.min(waiting, Math.max(half, UNDIVIDED_MAX), BATCH_SIZE_MAX);
}

/**
 * Gathers what is waiting while one batch is under way: alone a command goes at once, under load hundreds share one
 * commit. There is no timer.
 */
export class Batcher<C, R> {
  private waiting: Waiting<C, R>[] = [];
  private running: Promise<void> | undefined;

  /**
   * @param execute carries out commands in order and answers one result for each
   * @param log is told what `execute` threw, unless it was a Problem
   */
  constructor(
    private readonly execute: (commands: C[]) => Promise<R[]>,
    private readonly log: (error: unknown) => void,
  ) {}

  /**
   * Resolves with the command's result once it is durable.
   *
   * @param waiter when it is gone before the command was sent, the command is dropped
   * @throws Problem `deadline_exceeded` where it was dropped, or whatever stopped its whole batch
   */
  submit(command: C, waiter?: Waiter): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ command, waiter, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing is under way and everyone has been answered. */
  async idle(): Promise<void> {
    while (this.running) {
      await this.running;
      await new Promise(setImmediate);
    }
  }

  private async run(): Promise<void> {
    // What arrived with the first command, in the same turn of the event loop, goes with it.
    await new Promise(setImmediate);
    let answering = 0;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, batchSize(this.waiting.length, answering));
      await this.runBatch(batch);
      answering = batch.length;
    }
    this.running = undefined;
  }

  private async runBatch(all: Waiting<C, R>[]): Promise<void> {
    const batch = all.filter(({ waiter, reject }) => {
      const isWanted = !waiter?.isGone;
      if (!isWanted) reject(Problem.deadline('The caller stopped waiting before the command was begun.'));
      return isWanted;
    });
    if (batch.length === 0) return;
    const answer = await this.carryOut(batch);
    // Writing the answers takes as long as the commit did: the database is given the next batch first.
    setImmediate(answer);
  }

  /** What is to be told to those who wait, once their batch is durable or has failed. */
  private async carryOut(batch: Waiting<C, R>[]): Promise<() => void> {
    try {
      const results = await this.execute(batch.map(({ command }) => command));
      return () => {
        for (const [n, { resolve }] of batch.entries()) {
          failpoint('quota.before-reply');
          resolve(results[n] as R);
        }
      };
    } catch (error) {
      if (!(error instanceof Problem)) this.log(error);
      const problem = problemOf(error);
      return () => {
        for (const { reject } of batch) reject(problem);
      };
    }
  }
}
