import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { withLegs } from '../legs.ts';
import type { Reservation } from '../reservation.ts';
import type { Decision } from './decision.ts';

/** Nobody came in time: what is still set aside returns, what was posted stays. */
export function expire(found: Reservation, now: Date): Decision {
  if (found.state !== State.PENDING || found.expiresAt > now) return found;
  return withLegs({ ...found, state: State.EXPIRED });
}
