import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from './clock.ts';
import { sealJournal } from './journal-seal.ts';
import type { Logger } from './log.ts';
import { inScope } from './tenant-scope.ts';

export interface Pace {
  /** Records at most in one transaction. */
  batch: number;
  /** How long to rest when nothing is left. */
  everyMs: number;
}

const PACE: Pace = { batch: 1_000, everyMs: 1_000 };
const AFTER_FAILURE_MS = 5_000;

/** While there is more, it rests for so many times as long as it worked: what people wait for comes first. */
const REST = 9;

/**
 * Seals a service's journal behind it, in small transactions: writing a record costs no more than before, and the chain
 * follows within about a second, later under a load that it leaves the processor to. It keeps nothing in memory; of
 * several replicas one works at a time.
 */
export class JournalSealer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  #running = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly pace: Pace = PACE,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  /** The batch under way ends; everything else waits for the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Seals one batch and answers how many records it had; none where another replica is at it. */
  sealBatch(): Promise<number> {
    return inScope(this.dataSource, 'all', (tx) => sealJournal(tx, this.clock.now(), this.pace.batch));
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const restMs = await this.#turn();
      await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** One batch. Answers how long to rest after it. */
  async #turn(): Promise<number> {
    const began = performance.now();
    try {
      const sealed = await this.sealBatch();
      return sealed < this.pace.batch ? this.pace.everyMs : REST * (performance.now() - began);
    } catch (error) {
      this.log.warn({ err: error }, 'the journal could not be sealed and is tried again');
      return AFTER_FAILURE_MS;
    }
  }
}
