import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { costUcr } from '@kontor/ledger/cost';
import { fitsInt64 } from '@kontor/ledger/int64';
import { splitUcr } from '@kontor/ledger/subsidy';
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
  const { usedDeviceMs: used, state, slots } = reservation;
  const covered = used + (state === State.PENDING ? aheadDeviceMs({ ...reservation, legs: [] }) : 0n);
  const legs = reservation.legs.map(({ asset, debitAccountId, creditAccountId }): Leg => {
    const route = { asset, debitAccountId, creditAccountId };
    const posted = paidBy(route, used, reservation);
    const standing = kindOf(asset) === 'slots' && state === State.PENDING ? BigInt(slots) : 0n;
    return { ...route, posted, held: paidBy(route, covered, reservation) - posted + standing };
  });
  return { ...reservation, legs };
}

/** At which price device time is paid for, and by whom. */
export type Terms = Pick<Reservation, 'ucrPerDeviceHour' | 'awardId' | 'subsidyPpm'>;

/** What a leg has moved for good once so much device time is paid for. Slots are only ever held. */
export function paidBy({ asset, debitAccountId }: Route, deviceMs: bigint, terms: Terms): bigint {
  switch (kindOf(asset)) {
    case 'credits': {
      const { awardUcr, ownUcr } = splitUcr(costUcr(deviceMs, terms.ucrPerDeviceHour), terms.subsidyPpm);
      return debitAccountId === terms.awardId ? awardUcr : ownUcr;
    }
    case 'device_time':
      return deviceMs;
    case 'slots':
      return 0n;
  }
}

/** Whether 64 bits hold what each leg moves, and the whole cost that its payers share. */
export function legsFit({ legs }: Reservation): boolean {
  const amounts = legs.map(({ held, posted }) => held + posted);
  const cost = legs.reduce((sum, { asset }, n) => (kindOf(asset) === 'credits' ? sum + (amounts[n] ?? 0n) : sum), 0n);
  return fitsInt64(cost) && amounts.every(fitsInt64);
}
