import { WHOLE_PPM } from '@kontor/ledger/subsidy';
import { MS_PER_HOUR } from '@kontor/ledger/cost';
import { INT64_MAX } from '@kontor/ledger/int64';
import { availableOf } from '../decide/shortage.ts';

/** What an account of a project got and gave. Amounts in µcr. */
export interface Flows {
  balance: bigint;
  held: bigint;
  floor: bigint | null;
  /** Handed down, less what was handed back. */
  granted: bigint;
  /** Spent within the window, less what was given back. */
  burned: bigint;
  createdAt: Date;
}

/** A project's own credits have no terms that say when to warn: at half, at four fifths, at nearly all. */
export const OWN_WARNINGS_PPM = [500_000, 800_000, 950_000];

/** What one payer has, in numbers. A payer younger than the window burns over its own age. Pure. */
export function payerBudget(flows: Flows, warnAtPpm: readonly number[], windowMs: bigint, now: Date) {
  const { balance, held, granted, burned, createdAt } = flows;
  const left = availableOf(flows) ?? 0n;
  const spentUcr = granted - balance;
  const ageMs = BigInt(Math.max(now.getTime() - createdAt.getTime(), 1));
  const burn = burned > 0n ? (burned * MS_PER_HOUR) / (ageMs < windowMs ? ageMs : windowMs) : 0n;
  const usedPpm = usedOf(granted - (flows.floor ?? 0n), held + spentUcr);
  return {
    grantedUcr: granted,
    setAsideUcr: held,
    spentUcr,
    leftUcr: int64(left),
    burnUcrPerHour: int64(burn),
    ...(burn > 0n && { timeToEmptyMs: int64((left * MS_PER_HOUR) / burn) }),
    warnings: warnAtPpm
      .toSorted((a, b) => a - b)
      .filter((atPpm) => usedPpm >= atPpm)
      .map((atPpm) => ({ atPpm, usedPpm })),
  };
}

/** As much as 64 bits can say: who has, burns or lasts more does not care how much more. */
const int64 = (value: bigint): bigint => (value < INT64_MAX ? value : INT64_MAX);

/** The part of what could be spent that is spent or set aside; of nothing nothing is used. */
function usedOf(all: bigint, used: bigint): number {
  return all > 0n ? Number((used * BigInt(WHOLE_PPM)) / all) : 0;
}
