import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import { withLegs } from '../legs.ts';
import { reportedDeviceMs, type Reservation } from '../reservation.ts';
import { already } from './already.ts';
import type { Decision } from './decision.ts';

/** Ends a reservation that was never used: everything set aside returns. */
export function voidReservation(found: Reservation): Decision {
  if (found.state === State.VOIDED) return found;
  if (found.state === State.POSTED) return already(found.state);
  if (reportedDeviceMs(found) > 0n) return alreadyUsed();
  return withLegs({ ...found, state: State.VOIDED });
}

const alreadyUsed = (): Problem =>
  Problem.refused('already_used', 'Some of the reservation was used.', 'Post it with its final use.');
