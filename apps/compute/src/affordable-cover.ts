import { costUcr, MS_PER_HOUR } from '@kontor/ledger/cost';
import { splitUcr, WHOLE_PPM } from '@kontor/ledger/subsidy';

/** What a job can run short of: its project's credits or device time, its award's credits, or its award's time. */
export type ShortOf = 'credits' | 'device_time' | 'award' | 'award_end';

/** What can still be set aside for a job; undefined means without limit. */
export interface Means {
  /** The project's own. */
  ucr: bigint | undefined;
  deviceMs: bigint | undefined;
  /** Of the award that pays a share; absent where the project pays alone. */
  award?: { ucr: bigint; subsidyPpm: number; hasEnded: boolean } | undefined;
}

export interface Affordable {
  /** Cumulative. */
  deviceMs: bigint;
  /** What ends there, the project's own first where several do; undefined where nothing is limited. */
  shortOf: ShortOf | undefined;
}

const WHOLE = BigInt(WHOLE_PPM);

/**
 * The largest cumulative cover that all payers of a job can still pay for together, each its part of the split, so that
 * the last µcr of the payer that has least is used and none is asked for more than it has.
 *
 * @param granted device time covered so far
 */
export function affordableCover(
  granted: bigint,
  ucrPerDeviceHour: bigint,
  { ucr, deviceMs, award }: Means,
): Affordable {
  const subsidyPpm = BigInt(award?.subsidyPpm ?? 0);
  const paid = splitUcr(costUcr(granted, ucrPerDeviceHour), Number(subsidyPpm));
  const upTo = (costMax: bigint | undefined): bigint | undefined =>
    costMax === undefined || ucrPerDeviceHour === 0n
      ? undefined
      : ((costMax + 1n) * MS_PER_HOUR - 1n) / ucrPerDeviceHour;
  // The project pays its share rounded up, the award rounded down: that decides how far a whole µcr goes.
  const costByOwn =
    ucr === undefined || subsidyPpm === WHOLE ? undefined : ((paid.ownUcr + ucr) * WHOLE) / (WHOLE - subsidyPpm);
  const costByAward =
    award === undefined || subsidyPpm === 0n ? undefined : ((paid.awardUcr + award.ucr + 1n) * WHOLE - 1n) / subsidyPpm;

  const ends: [ShortOf, bigint | undefined][] = [
    ['credits', upTo(costByOwn)],
    ['device_time', deviceMs === undefined ? undefined : granted + deviceMs],
    ['award_end', award?.hasEnded ? granted : undefined],
    ['award', upTo(costByAward)],
  ];
  return ends.reduce<Affordable>(
    (first, [shortOf, at]) =>
      at !== undefined && (first.shortOf === undefined || at < first.deviceMs) ? { deviceMs: at, shortOf } : first,
    { deviceMs: granted, shortOf: undefined },
  );
}
