/** A whole, in millionths. */
export const WHOLE_PPM = 1_000_000;

/** Who pays how much of a cost. */
export interface Split {
  awardUcr: bigint;
  ownUcr: bigint;
}

/**
 * Splits a cumulative cost in µcr between an award, whose share is rounded down, and the project, which pays the rest.
 * Always of cumulative totals: what each pays for an interval is the difference of two splits, so that neither drifts,
 * and as neither part ever shrinks while the cost grows, every difference is a payment.
 */
export function splitUcr(cumulativeUcr: bigint, subsidyPpm: number): Split {
  const awardUcr = (cumulativeUcr * BigInt(subsidyPpm)) / BigInt(WHOLE_PPM);
  return { awardUcr, ownUcr: cumulativeUcr - awardUcr };
}
