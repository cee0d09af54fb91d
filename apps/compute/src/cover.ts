import type { Workload } from '@kontor/contracts/engine/v1/engine';
import { costUcr } from '@kontor/ledger/cost';
import { billedDeviceMs } from '@kontor/ledger/share';

/** How far ahead of its use a job is paid for. */
export interface CoverTerms {
  /** Elapsed time that each step of cover adds. */
  intervalMs: bigint;
  /** Left at least when more is asked for. */
  marginMs: bigint;
}

type Limits = Pick<Workload, 'timeLimitMs' | 'graceMs'>;

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * The elapsed time to cover next: an interval more than has passed and the grace beside it, because the notice that
 * cover ends comes a grace before its end; never more than the time limit, which ends the job anyway.
 */
export const coverWanted = (elapsedMs: bigint, { timeLimitMs, graceMs }: Limits, { intervalMs }: CoverTerms): bigint =>
  smaller(elapsedMs + intervalMs + graceMs, timeLimitMs);

/** Whether it is time to ask for more cover: the margin is reached, and the time limit is not covered yet. */
export const isCoverDue = (elapsedMs: bigint, coverMs: bigint, limits: Limits, { marginMs }: CoverTerms): boolean =>
  coverMs < limits.timeLimitMs && elapsedMs >= coverMs - limits.graceMs - marginMs;

/** Device time that covers an elapsed time. */
export const coverDeviceMs = (coverMs: bigint, millidevices: bigint): bigint => billedDeviceMs(coverMs, millidevices);

/** The elapsed time that some device time covers: coverDeviceMs of it is never more than what was granted. */
export const coveredMs = (deviceMs: bigint, millidevices: bigint): bigint => (deviceMs * 1000n) / millidevices;

/**
 * The largest cumulative cover that the project can still pay for.
 *
 * @param granted device time covered so far
 * @param credits µcr that can still be set aside; undefined means without limit
 * @param deviceMs device time that can still be set aside; undefined means without limit
 */
export function affordableCover(granted: bigint, ucrPerDeviceHour: bigint, { credits, deviceMs }: Affordable): bigint {
  const byCredits =
    credits === undefined || ucrPerDeviceHour === 0n
      ? undefined
      : ((costUcr(granted, ucrPerDeviceHour) + credits + 1n) * 3_600_000n - 1n) / ucrPerDeviceHour;
  const byTime = deviceMs === undefined ? undefined : granted + deviceMs;
  if (byCredits === undefined) return byTime ?? granted;
  return byTime === undefined ? byCredits : smaller(byCredits, byTime);
}

export interface Affordable {
  credits: bigint | undefined;
  deviceMs: bigint | undefined;
}

/** Longer than any outage that a job should survive: cover, which is shorter, is what bounds the job itself. */
const RESERVATION_SLACK_MS = 3_600_000n;

/** How long a reservation stays when nobody reports. */
export const reservationTimeoutMs = (coverMs: bigint): bigint => coverMs + RESERVATION_SLACK_MS;
