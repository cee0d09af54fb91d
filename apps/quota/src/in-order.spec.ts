import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { inOrder } from './in-order.ts';

describe('answering a stream in order', () => {
  it('keeps the order, whatever takes longer', async () => {
    const answers = inOrder(
      numbers(6),
      async (n) => {
        await sleep((6 - n) * 3);
        return n * 10;
      },
      10,
    );
    expect(await Array.fromAsync(answers)).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it('begins work before the answers are read, but no more than the window', async () => {
    const begun: number[] = [];
    const answers = inOrder(
      numbers(100),
      async (n) => {
        begun.push(n);
        return n;
      },
      8,
    );
    const iterator = answers[Symbol.asyncIterator]();
    await iterator.next();
    await sleep(10);
    expect(begun.length).toBeGreaterThan(1);
    expect(begun.length).toBeLessThanOrEqual(9);
    for (let read = 0; read < 20; read++) await iterator.next();
    await sleep(10);
    expect(begun.length).toBeLessThanOrEqual(29);
  });

  it('answers what was begun before it passes on a failure of the source', async () => {
    const source = async function* () {
      yield* numbers(3);
      throw new Error('malformed');
    };
    const seen: number[] = [];
    const read = async () => {
      for await (const answer of inOrder(source(), async (n) => n, 10)) seen.push(answer);
    };
    await expect(read()).rejects.toThrow('malformed');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('lets go of the source when nobody reads any more', async () => {
    let released = false;
    const source = async function* () {
      try {
        yield* numbers(1_000);
      } finally {
        released = true;
      }
    };
    for await (const answer of inOrder(source(), async (n) => n, 4)) if (answer === 3) break;
    await sleep(10);
    expect(released).toBe(true);
  });

  it('ends with an empty source', async () => {
    expect(await Array.fromAsync(inOrder(numbers(0), async (n) => n, 1))).toEqual([]);
  });

  it('works with a window of one', async () => {
    expect(await Array.fromAsync(inOrder(numbers(5), async (n) => n, 1))).toEqual([0, 1, 2, 3, 4]);
  });

  async function* numbers(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) yield n;
  }
});
