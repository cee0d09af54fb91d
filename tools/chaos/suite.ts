import { inspect } from 'node:util';

/** What a fault suite is told. */
export interface ChaosOptions {
  seed: number;
  nightly: boolean;
}

/** What came of it. */
export interface Outcome {
  /** What was counted, in the order in which it is printed. */
  counts: Record<string, string | number | bigint>;
  pass: boolean;
}

/**
 * Runs a suite and says what came of it in a line, and after a failure how to replay it; answers whether it passed. A
 * suite that throws has failed.
 */
export async function passes(
  name: string,
  run: (options: ChaosOptions) => Promise<Outcome>,
  options: ChaosOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const replay = `npm run chaos -- ${name} --seed=${options.seed}${options.nightly ? ' --nightly' : ''}`;
  // First, because whoever ends a run by force needs it too.
  say(`${name} begins; the same again: ${replay}`);
  const { counts, pass } = await run(options).catch((error: unknown) => {
    say(inspect(error));
    return { counts: {}, pass: false };
  });
  const counted = Object.entries(counts).map(([key, value]) => `${key}=${value}`);
  say([name, ...counted, `seed=${options.seed}`, pass ? 'PASS' : 'FAIL'].join(' '));
  if (!pass) say(`Replay: ${replay}`);
  return pass;
}

/**
 * Works while somebody kills. Both are told when one has failed, and both have ended when this answers or throws.
 *
 * @param kill is told by `isWorking` whether there is work left to disturb
 */
export async function whileKilling<K>(
  work: (failed: AbortSignal) => Promise<void>,
  kill: (failed: AbortSignal, isWorking: () => boolean) => Promise<K>,
): Promise<K> {
  const failing = new AbortController();
  const failed = (error: unknown): never => {
    failing.abort(error);
    throw error;
  };
  let isWorking = true;
  const working = work(failing.signal)
    .catch(failed)
    .finally(() => (isWorking = false));
  const killing = kill(failing.signal, () => isWorking).catch(failed);
  await Promise.allSettled([working, killing]);
  failing.signal.throwIfAborted();
  return killing;
}
