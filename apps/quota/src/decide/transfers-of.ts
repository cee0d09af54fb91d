import { Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { uuid5 } from '@kontor/kit/id';
import type { Route } from '../account-id.ts';
import { paidBy } from '../legs.ts';
import type { Leg, Reservation } from '../reservation.ts';

/** A movement that is about to be written. */
export interface NewTransfer extends Route {
  id: string;
  /** Above zero, in the unit of the asset. */
  amount: bigint;
  reason: Reason;
  reservationId: string | null;
  createdAt: Date;
}

/**
 * What moves between accounts when a reservation goes from one value to the next: more posted by a leg is use, less is
 * a refund to where it came from, and more late use is the operator's. Ids are derived from the totals reached, so that
 * the same step taken twice could only ever write the same transfer.
 */
export function transfersOf(before: Reservation, after: Reservation, lateRoutes: Route[], now: Date): NewTransfer[] {
  const transfer = (route: Route, amount: bigint, reason: Reason, total: bigint): NewTransfer => ({
    id: uuid5('transfer', after.tenantId, after.id, reason, route.debitAccountId, route.creditAccountId, total),
    asset: route.asset,
    debitAccountId: route.debitAccountId,
    creditAccountId: route.creditAccountId,
    amount,
    reason,
    reservationId: after.id,
    createdAt: now,
  });
  const byLegs = after.legs.flatMap((leg, n) => {
    const more = leg.posted - (before.legs[n]?.posted ?? 0n);
    if (more === 0n) return [];
    return more > 0n
      ? [transfer(leg, more, Reason.USAGE, leg.posted)]
      : [transfer(reversed(leg), -more, Reason.REFUND, leg.posted)];
  });
  if (after.lateDeviceMs === before.lateDeviceMs) return byLegs;
  const alone = { ucrPerDeviceHour: after.ucrPerDeviceHour, awardId: null, subsidyPpm: 0 };
  const late = lateRoutes.flatMap((route) => {
    const total = paidBy(route, after.lateDeviceMs, alone);
    const more = total - paidBy(route, before.lateDeviceMs, alone);
    return more > 0n ? [transfer(route, more, Reason.LATE, total)] : [];
  });
  return [...byLegs, ...late];
}

const reversed = (leg: Leg): Route => ({
  asset: leg.asset,
  debitAccountId: leg.creditAccountId,
  creditAccountId: leg.debitAccountId,
});
