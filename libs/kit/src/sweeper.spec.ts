import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { Sweeper } from './sweeper.ts';

describe('a sweeper', () => {
  it('goes on while there is more, and rests when there is not', async () => {
    const { done, stop } = sweeping([5, 5, 5, 2, 0], { everyMs: 60_000 });
    await eventually('four sweeps', () => done.length === 4);
    await stop();
    expect(done).toEqual([5, 5, 5, 2]);
  });

  it('rests after a failure and tries again', async () => {
    const { done, stop } = sweeping([new Error('the database is away'), 1, 1], { everyMs: 5 });
    await eventually('two sweeps', () => done.length >= 2);
    await stop();
  });

  it('stops at once when it rests, and otherwise when the sweep under way has ended', async () => {
    const resting = sweeping([0], { everyMs: 60_000 });
    await eventually('a sweep', () => resting.done.length === 1);
    await resting.stop();

    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const sweeper = new Sweeper({ service: 'test', what: 'sweep', most: 5, sweep: () => ended.then(() => 0) });
    sweeper.start();
    let isStopped = false;
    const stopped = sweeper.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    end();
    await stopped;
  });

  /** What each sweep answers or fails with, in order; the last one for ever. */
  function sweeping(answers: (number | Error)[], { everyMs }: { everyMs: number }) {
    const done: number[] = [];
    const sweep = (): Promise<number> => {
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? 0;
      if (answer instanceof Error) return Promise.reject(answer);
      done.push(answer);
      return Promise.resolve(answer);
    };
    const sweeper = new Sweeper({ service: 'test', what: 'sweep', most: 5, everyMs, sweep });
    sweeper.start();
    return { done, stop: () => sweeper.stop() };
  }
});
