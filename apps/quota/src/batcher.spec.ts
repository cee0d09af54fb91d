import { describe, expect, it } from '@jest/globals';
import { Problem } from '@kontor/kit/problem';
import { Batcher, batchSize } from './batcher.ts';

describe('gathering commands', () => {
  it('sends a single command at once, and what came meanwhile as one batch', async () => {
    const { batcher, batches, finish } = setup();
    const first = batcher.submit(1);
    await turn();
    const rest = [2, 3, 4].map((command) => batcher.submit(command));
    await turn();
    expect(batches).toEqual([[1]]);
    finish();
    await first;
    await turn();
    expect(batches).toEqual([[1], [2, 3, 4]]);
    finish();
    expect(await Promise.all(rest)).toEqual([20, 30, 40]);
  });

  it('sends together what came in the same turn', async () => {
    const { batcher, batches, finish } = setup();
    const answers = [1, 2, 3].map((command) => batcher.submit(command));
    await turn();
    expect(batches).toEqual([[1, 2, 3]]);
    finish();
    expect(await Promise.all(answers)).toEqual([10, 20, 30]);
  });

  it('sends at most 512 at a time, in the order in which they came', async () => {
    const { batcher, batches, finish } = setup();
    const commands = Array.from({ length: 1_200 }, (_, n) => n);
    const answers = Promise.all(commands.map((command) => batcher.submit(command)));
    for (let round = 0; round < 3; round++) {
      await turn();
      finish();
      await turn();
    }
    expect(await answers).toEqual(commands.map((command) => command * 10));
    expect(batches.map(({ length }) => length)).toEqual([512, 512, 176]);
    expect(batches.flat()).toEqual(commands);
  });

  it('sends half of a crowd, so that one half is answered while the other is written', () => {
    const [first, second, third] = [batchSize(64, 0), batchSize(32, 32), batchSize(32, 32)];
    expect([first, second, third]).toEqual([32, 32, 32]);
    expect(batchSize(500, 500)).toBe(500);
  });

  const few: [number, number][] = [
    [1, 0],
    [8, 0],
    [3, 2],
    [1, 100],
  ];
  it.each(few)('does not divide a few: %i that wait, after %i', (waiting, answering) => {
    expect(batchSize(waiting, answering)).toBe(waiting);
  });

  it('drops a command whose caller is gone before it was sent, and no other', async () => {
    const { batcher, batches, finish } = setup();
    const gone = { isGone: false };
    const first = batcher.submit(1);
    await turn();
    const dropped = batcher.submit(2, gone);
    const kept = batcher.submit(3, { isGone: false });
    gone.isGone = true;
    finish();
    await first;
    await expect(dropped).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await turn();
    finish();
    expect(await kept).toBe(30);
    expect(batches).toEqual([[1], [3]]);
  });

  it('answers a failure of the database to all of the batch, and goes on with the next', async () => {
    const { batcher, fail, finish, logged } = setup();
    const doomed = Promise.allSettled([batcher.submit(1), batcher.submit(2)]);
    await turn();
    fail(Problem.unavailable('ledger_unavailable', 'The database restarts.'));
    const refused = { reason: { code: 'ledger_unavailable' } };
    expect(await doomed).toMatchObject([refused, refused]);
    const next = batcher.submit(3);
    await turn();
    finish();
    expect(await next).toBe(30);
    expect(logged).toEqual([]);
  });

  it('tells callers nothing of a fault of ours, and the log everything', async () => {
    const { batcher, fail, logged } = setup();
    const doomed = batcher.submit(1);
    await turn();
    fail(new Error('relation "account" does not exist'));
    await expect(doomed).rejects.toMatchObject({ code: 'internal', detail: expect.not.stringContaining('account') });
    expect(logged).toMatchObject([{ message: 'relation "account" does not exist' }]);
  });

  it('is idle when all it was given is answered', async () => {
    const { batcher, finish } = setup();
    await batcher.idle();
    let answered = false;
    const answer = batcher.submit(1).then(() => (answered = true));
    await turn();
    finish();
    await batcher.idle();
    await answer;
    expect(answered).toBe(true);
  });

  const turn = () => new Promise(setImmediate);

  /** A batcher whose batches end when the test says so. */
  function setup() {
    const batches: number[][] = [];
    const logged: unknown[] = [];
    let current = Promise.withResolvers<void>();
    const batcher = new Batcher<number, number>(
      async (commands) => {
        batches.push(commands);
        current = Promise.withResolvers();
        await current.promise;
        return commands.map((command) => command * 10);
      },
      (error) => logged.push(error),
    );
    return { batcher, batches, logged, finish: () => current.resolve(), fail: (error: Error) => current.reject(error) };
  }
});
