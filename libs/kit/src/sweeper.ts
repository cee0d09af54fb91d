import { setTimeout as sleep } from 'node:timers/promises';
import { logger } from './log.ts';

export interface Sweep {
  service: string;
  /** What it does, for the log: `could not …`. */
  what: string;
  /** Does what is due now, at most `most` at once; answers how many there were. */
  sweep(): Promise<number>;
  most: number;
  /** How long to rest when nothing is left; a second when absent. */
  everyMs?: number;
}

/** Does again and again what time makes due, until it is stopped. Any number of replicas may do the same. */
export class Sweeper {
  readonly #stopped = new AbortController();
  #sweeping: Promise<void> | undefined;

  constructor(private readonly swept: Sweep) {}

  start(): void {
    this.#sweeping ??= this.#untilStopped();
  }

  /** What is being done ends; everything else waits for the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#sweeping;
  }

  async #untilStopped(): Promise<void> {
    const { service, what, most, everyMs = 1_000 } = this.swept;
    const { signal } = this.#stopped;
    const log = logger(service);
    while (!signal.aborted) {
      const due = await this.swept.sweep().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, `could not ${what}; trying again`);
        return 0;
      });
      if (due < most) await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
