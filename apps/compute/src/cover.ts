import type { Workload } from '@kontor/contracts/engine/v1/engine';
import { billedDeviceMs } from '@kontor/ledger/share';

/** How far ahead of its use a job is paid for. */
export interface CoverTerms {
  /** Elapsed time that each step of cover adds. */
  intervalMs: bigint;
  /** Left at least when more is asked for. */
  marginMs: bigint;
}

type Limits = Pick<Workload, 'timeLimitMs' | 'graceMs' | 'checkpointNoticeMs'>;

/** How long before its cover ends the engine first tells a job. */
const noticesMs = ({ graceMs, checkpointNoticeMs }: Limits): bigint => graceMs + checkpointNoticeMs;

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * The elapsed time to cover next: an interval more than has passed, and beside it the time in which the engine tells
 * the job that its cover ends; never more than the time limit, which ends the job anyway.
 */
export const coverWanted = (elapsedMs: bigint, limits: Limits, { intervalMs }: CoverTerms): bigint =>
  smaller(elapsedMs + intervalMs + noticesMs(limits), limits.timeLimitMs);

/** Whether it is time to ask for more cover: the margin is reached, and the time limit is not covered yet. */
export const isCoverDue = (elapsedMs: bigint, coverMs: bigint, limits: Limits, { marginMs }: CoverTerms): boolean =>
  coverMs < limits.timeLimitMs && leftMs(elapsedMs, coverMs, limits) <= marginMs;

/** Elapsed time until the engine first tells the job that its cover ends. */
export const leftMs = (elapsedMs: bigint, coverMs: bigint, limits: Limits): bigint =>
  coverMs - noticesMs(limits) - elapsedMs;

/** Device time that covers an elapsed time. */
export const coverDeviceMs = (coverMs: bigint, millidevices: bigint): bigint => billedDeviceMs(coverMs, millidevices);

/** The elapsed time that some device time covers: coverDeviceMs of it is never more than what was granted. */
export const coveredMs = (deviceMs: bigint, millidevices: bigint): bigint => (deviceMs * 1000n) / millidevices;

/** Longer than any outage that a job should survive: cover, which is shorter, is what bounds the job itself. */
const RESERVATION_SLACK_MS = 3_600_000n;

/** How long a reservation stays when nobody reports. */
export const reservationTimeoutMs = (coverMs: bigint): bigint => coverMs + RESERVATION_SLACK_MS;
