import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { withLegs } from '../legs.ts';
import { aheadDeviceMs, reportedDeviceMs, type Reservation } from '../reservation.ts';

/**
 * Records use up to a cumulative total that is no less than what was reported before: up to cover it is paid by the
 * legs, beyond it by the operator. Once nothing is held any more, all of it is late.
 */
export function use(found: Reservation, totalDeviceMs: bigint): Reservation {
  const more = totalDeviceMs - reportedDeviceMs(found);
  const covered = found.state === State.PENDING ? aheadDeviceMs(found) : 0n;
  const paid = more < covered ? more : covered;
  return withLegs({
    ...found,
    usedDeviceMs: found.usedDeviceMs + paid,
    lateDeviceMs: found.lateDeviceMs + more - paid,
  });
}
