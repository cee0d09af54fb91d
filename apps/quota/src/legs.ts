import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { costUcr } from '@kontor/ledger/cost';
import { fitsInt64 } from '@kontor/ledger/int64';
import type { Route } from './account-id.ts';
import { kindOf } from './assets.ts';
import { aheadDeviceMs, type Leg, type Reservation } from './reservation.ts';

/** A reservation whose legs are still to be worked out; only their routes matter. */
export type Unsettled = Omit<Reservation, 'legs'> & { legs: Route[] };

/**
 * Works out the legs from what a reservation has used and covers. They follow from it entirely, so no decision ever
 * adds to or takes from a leg, and none can drift.
 */
export function withLegs(reservation: Unsettled): Reservation {
  const { usedDeviceMs: used, state } = reservation;
  const covered = used + (state === State.PENDING ? aheadDeviceMs({ ...reservation, legs: [] }) : 0n);
  const legs = reservation.legs.map(({ asset, debitAccountId, creditAccountId }): Leg => {
    const paid = (deviceMs: bigint): bigint => paidBy(asset, deviceMs, reservation.ucrPerDeviceHour);
    const standing = kindOf(asset) === 'slots' && state === State.PENDING ? BigInt(reservation.slots) : 0n;
    return { asset, debitAccountId, creditAccountId, posted: paid(used), held: paid(covered) - paid(used) + standing };
  });
  return { ...reservation, legs };
}

/** What a leg has moved for good once so much device time is paid for. Slots are only ever held. */
export function paidBy(asset: string, deviceMs: bigint, ucrPerDeviceHour: bigint): bigint {
  switch (kindOf(asset)) {
    case 'credits': return costUcr(deviceMs, ucrPerDeviceHour);
    case 'device_time': return deviceMs;
    case 'slots': return 0n;
  }
}

export const legsFit = ({ legs }: Reservation): boolean => legs.every(({ held, posted }) => fitsInt64(held + posted));
