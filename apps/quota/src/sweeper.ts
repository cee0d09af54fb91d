import { setTimeout as sleep } from 'node:timers/promises';
import { logger } from '@kontor/kit/log';

const EVERY_MS = 1_000;

/** Does again and again what time makes due, until it is stopped. Any number of replicas may do the same. */
export class Sweeper {
  private readonly stopped = new AbortController();
  private sweeping: Promise<void> | undefined;

  /**
   * @param sweep does what is due now, at most `most` at once; answers how many there were
   * @param what it does, for the log: `could not …`
   */
  constructor(
    private readonly sweep: () => Promise<number>, private readonly most: number, private readonly what: string,
  ) {}

  start(): void {
    this.sweeping ??= this.untilStopped();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.sweeping;
  }

  private async untilStopped(): Promise<void> {
    const { signal } = this.stopped;
    const log = logger('quota');
    while (!signal.aborted) {
      const due = await this.sweep().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, `could not ${this.what}; trying again`);
        return 0;
      });
      if (due < this.most) await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
