import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './progress.ts';

/** A process that runs: how it ends, and how to end it. */
export interface Running {
  /** Resolves with how it ended, such as `exit code 1` or `SIGKILL`. */
  ended: Promise<string>;
  /** Ends it cleanly, and by force once so many milliseconds have passed. */
  stop(patienceMs: number): Promise<void>;
}

export interface Kept {
  stop(patienceMs: number): Promise<void>;
}

const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 30_000;
/** Whoever ran this long starts again at once the next time. */
const SETTLED_MS = 10_000;

/**
 * Starts something and starts it again whenever it ends, at longer and longer intervals. Resolves when it has started
 * for the first time; throws what `start` throws then.
 */
export async function keep(
  name: string,
  start: (signal: AbortSignal) => Promise<Running>,
  signal: AbortSignal,
  { say }: Pick<Progress, 'say'>,
): Promise<Kept> {
  const stopping = new AbortController();
  const over = AbortSignal.any([signal, stopping.signal]);
  let current = Promise.resolve(await start(signal));

  const watch = async (): Promise<void> => {
    let backoff_ms = BACKOFF_MS_MIN;
    for (;;) {
      const since = performance.now();
      const how = await (await current).ended;
      over.throwIfAborted();
      if (performance.now() - since > SETTLED_MS) backoff_ms = BACKOFF_MS_MIN;
      say(`! ${name} ended (${how}); it starts again`);
      current = startAgain(backoff_ms);
      await current;
      say(`✓ ${name} serves again`);
      backoff_ms = Math.min(backoff_ms * 2, BACKOFF_MS_MAX);
    }
  };

  const startAgain = async (backoff_ms: number): Promise<Running> => {
    await sleep(backoff_ms, undefined, { signal: over });
    try {
      return await start(over);
    } catch (error) {
      over.throwIfAborted();
      say(`! ${name} does not start: ${(error as Error).message}`);
      return startAgain(Math.min(backoff_ms * 2, BACKOFF_MS_MAX));
    }
  };

  const watched = watch().catch(() => undefined);
  return {
    async stop(patienceMs) {
      stopping.abort();
      const running = await current.catch(() => undefined);
      await running?.stop(patienceMs);
      await watched;
    },
  };
}
