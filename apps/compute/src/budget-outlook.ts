import { Job_Priority as Priority } from '@kontor/contracts/compute/v1/compute';
import type { ShortOf } from './affordable-cover.ts';
import { coverDeviceMs, coveredMs, isCoverDue, leftMs, type CoverTerms } from './cover.ts';
import type { JobRow } from './tables.ts';

/** What the ledger has covered of what was wanted, and what it lacked for the rest. */
export interface Granted {
  /** Cumulative device time. */
  deviceMs: bigint;
  /** Undefined where nothing was lacking. */
  shortOf?: ShortOf | undefined;
  /** When the award that pays a share ends; undefined where there is none. */
  awardEndsAt?: Date | undefined;
}

/** How far a job is paid for, and what ends there. */
export interface Outlook {
  /** Elapsed time, cumulative. */
  paidMs: bigint;
  shortOf: ShortOf | null;
  /** Null while nothing is short. */
  endsAt: Date | null;
}

type Asking = Pick<JobRow, 'elapsedMs' | 'coverMs' | 'billedMillidevices' | 'workload' | 'budgetEndsAt'>;

/** An instant that moves by less is the same: what has elapsed is known as of the last look. */
const SAME_WITHIN_MS = 1_000;

/**
 * What a grant means for a job. It is warned when less was covered than wanted, and also when all was covered and its
 * award will have ended by the time that more is asked for.
 */
export function outlookOf(job: Asking, wantedMs: bigint, granted: Granted, now: Date, terms: CoverTerms): Outlook {
  const isWhole = granted.deviceMs >= coverDeviceMs(wantedMs, job.billedMillidevices);
  const covered = isWhole ? wantedMs : coveredMs(granted.deviceMs, job.billedMillidevices);
  const paidMs = covered > job.coverMs ? covered : job.coverMs;
  const asksAgainMs = leftMs(job.elapsedMs, paidMs, job.workload) - terms.marginMs;
  const { awardEndsAt } = granted;
  const endsSoon = awardEndsAt !== undefined && awardEndsAt <= later(now, asksAgainMs);
  const shortOf = granted.shortOf ?? (endsSoon && paidMs < job.workload.timeLimitMs ? 'award_end' : null);
  if (shortOf === null) return { paidMs, shortOf, endsAt: null };
  const endsAt = later(now, paidMs - job.elapsedMs);
  const { budgetEndsAt: before } = job;
  const isSame = before !== null && Math.abs(endsAt.getTime() - before.getTime()) < SAME_WITHIN_MS;
  return { paidMs, shortOf, endsAt: isSame ? before : endsAt };
}

/**
 * Whether a job goes on unpaid from now on: its award has given all it can, the programme lets it, and without more
 * cover the engine would soon tell it that it ends.
 */
export const goesOnUnpaid = (job: Asking, { paidMs }: Outlook, { shortOf }: Granted, terms: CoverTerms): boolean =>
  isOfAward(shortOf) && isCoverDue(job.elapsedMs, paidMs, job.workload, terms);

/** Whether it is the award that ends, and not what is the project's own. */
export const isOfAward = (shortOf: ShortOf | null | undefined): boolean =>
  shortOf === 'award' || shortOf === 'award_end';

/** A job that was warned is asked for more this often within a margin, so that it soon knows of what was granted. */
const ASKS_PER_MARGIN = 4n;

type Warned = Pick<JobRow, 'elapsedMs' | 'coverMs' | 'workload' | 'shortOf' | 'askedAt' | 'priority'>;

/** Whether it is time to ask the ledger for more. Nothing more is asked for at low priority, only use reported. */
export function isAskDue(job: Warned, now: Date, terms: CoverTerms): boolean {
  const { elapsedMs, coverMs, workload, shortOf, askedAt, priority } = job;
  if (shortOf === null || priority === Priority.LOW) return isCoverDue(elapsedMs, coverMs, workload, terms);
  if (coverMs >= workload.timeLimitMs) return false;
  // Asked in the future: the clock was set back since.
  return askedAt === null || now < askedAt || now >= later(askedAt, terms.marginMs / ASKS_PER_MARGIN);
}

const later = (at: Date, ms: bigint): Date => new Date(at.getTime() + Number(ms));
