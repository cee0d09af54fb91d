import { Problem } from '@kontor/kit/problem';
import { kindOf, withUnit } from '../assets.ts';
import type { Reservation } from '../reservation.ts';
import type { AccountState, View } from './decision.ts';

/** What can still be set aside or moved away; undefined means any amount. */
export function availableOf({ balance, held, floor }: AccountState): bigint | undefined {
  return floor === null ? undefined : balance - held - floor;
}

/** The first leg that would hold more than its account can give; undefined where all can. */
export function shortage(before: Reservation | undefined, after: Reservation, view: View): Problem | undefined {
  for (const [n, { asset, debitAccountId, held }] of after.legs.entries()) {
    const account = view.account(debitAccountId);
    const more = held - (before?.legs[n]?.held ?? 0n);
    const available = account && availableOf(account);
    if (available === undefined || more <= available) continue;
    return debitAccountId === after.awardId
      ? insufficientAward(debitAccountId, asset, available, more)
      : insufficient(asset, available, more);
  }
  return undefined;
}

/** Says what is left of an asset and what was asked of it. */
export const insufficient = (asset: string, available: bigint, asked: bigint): Problem => {
  const left = available > 0n ? available : 0n;
  return Problem.exhausted(
    `insufficient_${kindOf(asset)}`,
    `${withUnit(asked, asset)} of ${asset} are needed and ${withUnit(left, asset)} are left.`,
    'Ask for less, wait until other reservations end, or have more granted.',
  );
};

const insufficientAward = (awardId: string, asset: string, available: bigint, asked: bigint): Problem =>
  Problem.exhausted(
    'insufficient_award',
    `${withUnit(asked, asset)} are needed from the award ${awardId} and ${withUnit(available, asset)} are left.`,
    'Ask for less, wait until other reservations end, apply for another award, or let the project pay.',
  );

export const amountOverflow = (): Problem =>
  Problem.invalid(
    'amount_overflow',
    'The amount, or what an account would hold after it, does not fit 64 bits.',
    'Ask for a smaller amount.',
  );
