import { setTimeout as sleep } from 'node:timers/promises';
import { ChargeRecord_Cause as Cause, type Reservation } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { problemOf } from '@kontor/kit/problem';
import type { Payer } from '../bench/subsidise.ts';
import type { ClientJournal } from './client-journal.ts';
import type { LedgerReplicas, Quota } from './ledger-replicas.ts';
import type { Seeded } from './seeded.ts';

/** What a client was told of one command, or that it forgets its reservation from here on. */
export interface Told {
  id: string;
  projectId: string;
  command: 'reserve' | 'advance' | 'post' | 'void' | 'abandon';
  /** Cumulative use that it reported, in device-milliseconds. */
  used: number;
  /** 'ok', or the code of the Problem that refused it. */
  outcome: string;
}

export const CLASS = 'chaos.odd';
const PATIENCE_MS = 120_000;
const RETRY_MS = 50;
const HOUR_MS = 3_600_000n;
/** The shortest that a reservation may last: one that its client forgets expires after it. */
const FORGOTTEN_MS = 1_000n;

/** Nobody knows whether the command was carried out: it is sent again, word for word. */
const UNKNOWN = new Set([
  'service_unavailable',
  'ledger_unavailable',
  'ledger_busy',
  'database_unavailable',
  'deadline_exceeded',
]);

/** Lives of reservations, each on whichever replica answers, every answer on disk before the next command. */
export class LedgerClients {
  /** Commands that were answered. */
  acked = 0;
  readonly #replicas: LedgerReplicas;
  readonly #journal: ClientJournal;
  readonly #random: Seeded;

  constructor(replicas: LedgerReplicas, journal: ClientJournal, random: Seeded) {
    this.#replicas = replicas;
    this.#journal = journal;
    this.#random = random;
  }

  /** Lives at once, until so many commands were answered; each ends its life when something has failed. */
  async work(
    payers: Payer[],
    { commands, atOnce, failed }: { commands: number; atOnce: number; failed: AbortSignal },
  ): Promise<void> {
    const over = new AbortController();
    const anyFailed = AbortSignal.any([failed, over.signal]);
    const client = async (): Promise<void> => {
      while (this.acked < commands && !anyFailed.aborted) await this.#live(this.#payer(payers)).catch(breakOff);
    };
    const breakOff = (error: unknown): never => {
      over.abort();
      throw error;
    };
    const clients = Array.from({ length: atOnce }, client);
    await Promise.allSettled(clients);
    await Promise.all(clients);
  }

  /** Half of all work falls on the first payer: a hot spot. */
  #payer(payers: Payer[]): Payer {
    const [hot] = payers;
    return hot && this.#random.next() < 0.5 ? hot : this.#random.pick(payers);
  }

  /** One reservation from its first command to its end. */
  async #live({ project, awardId }: Payer): Promise<void> {
    const random = this.#random;
    const id = uuid7();
    const named = { project, id };
    const isForgotten = random.next() < 0.05;
    const cover = random.between(1, 60_000);
    const terms = { acceleratorClass: CLASS, slots: 1, coverDeviceMs: BigInt(cover), ...(awardId && { awardId }) };
    const timeoutMs = isForgotten ? FORGOTTEN_MS : HOUR_MS;
    const told = { id, projectId: project.projectId };
    const reserved = await this.#ask({ ...told, command: 'reserve', used: 0 }, (quota) =>
      quota.reserve({ ...named, ...terms, timeoutMs }),
    );
    if (reserved !== 'ok') return;
    if (isForgotten) return this.#journal.keep({ ...told, command: 'abandon', used: 0, outcome: 'ok' } satisfies Told);
    if (random.next() < 0.15) {
      await this.#ask({ ...told, command: 'void', used: 0 }, (quota) => quota.void(named));
      return;
    }
    let used = 0;
    for (let step = random.between(0, 3); step > 0; step--) {
      used += random.between(0, cover);
      const usedDeviceMs = BigInt(used);
      const coverDeviceMs = BigInt(used + cover);
      await this.#ask({ ...told, command: 'advance', used }, (quota) =>
        quota.advance({ ...named, usedDeviceMs, coverDeviceMs, timeoutMs: HOUR_MS }),
      );
    }
    used += random.between(0, cover);
    const cause = random.next() < 0.1 ? Cause.SITE : Cause.USER;
    await this.#ask({ ...told, command: 'post', used }, (quota) =>
      quota.post({ ...named, usedDeviceMs: BigInt(used), cause }),
    );
  }

  /** Asks until somebody answers, and keeps the answer. */
  async #ask(told: Omit<Told, 'outcome'>, command: (quota: Quota) => Promise<Reservation>): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const outcome = await command(this.#random.pick(this.#replicas.compute)).then(
        () => 'ok',
        (error: unknown) => problemOf(error).code,
      );
      if (!UNKNOWN.has(outcome)) {
        await this.#journal.keep({ ...told, outcome } satisfies Told);
        this.acked++;
        return outcome;
      }
      await sleep(RETRY_MS);
    }
    throw new Error(`Nobody answered ${told.command} of ${told.id} within ${PATIENCE_MS / 1000} s.`);
  }
}
