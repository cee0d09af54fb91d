import { Reservation_State as State, type PostRequest } from '@kontor/contracts/quota/v1/quota';
import { chargeFor } from '@kontor/ledger/charge-rule';
import { Problem } from '@kontor/kit/problem';
import { withLegs } from '../legs.ts';
import { reportedDeviceMs, type Reservation } from '../reservation.ts';
import { already } from './already.ts';
import type { Decision } from './decision.ts';
import { existsWithDifferent } from './exists-with-different.ts';
import { use } from './use.ts';

/**
 * Ends a reservation with its final use: the cause decides what is charged, the rest returns. A reservation that has
 * expired can still be posted, so that no use is ever lost; what was no longer covered is then late.
 */
export function post(request: PostRequest, found: Reservation): Decision {
  const reported = reportedDeviceMs(found);
  if (found.state === State.VOIDED) return already(found.state);
  if (found.state === State.POSTED) {
    const [used, cause] = [request.usedDeviceMs !== reported, request.cause !== found.cause];
    return existsWithDifferent({ used_device_ms: used, cause }) ?? found;
  }
  if (request.usedDeviceMs < reported) return useBelowPosted(reported);
  const final = use(found, request.usedDeviceMs);
  const { chargedDeviceMs, waivedDeviceMs } = chargeFor(request.cause, final.usedDeviceMs);
  return withLegs({
    ...final,
    state: State.POSTED,
    cause: request.cause,
    usedDeviceMs: chargedDeviceMs,
    waivedDeviceMs,
  });
}

const useBelowPosted = (reportedMs: bigint): Problem =>
  Problem.refused(
    'use_below_posted',
    `${reportedMs} device-milliseconds were reported before, and use never shrinks.`,
    'Post the cumulative use.',
  );
