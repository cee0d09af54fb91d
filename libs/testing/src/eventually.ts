import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `probe` until it neither throws nor answers `undefined` or `false`, and answers what it answered. Fails after
 * `withinMs` with `what` was awaited and what was last seen instead.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { withinMs = 5_000, everyMs = 20 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs;
  let seen: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      seen = answer;
    } catch (error) {
      seen = error instanceof Error ? error.message : error;
    }
    await sleep(everyMs);
  }
  throw new Error(`Waited ${withinMs} ms until ${what}; at last it was: ${String(seen)}`);
}
