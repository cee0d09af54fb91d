import { Reservation_State as State, type AdvanceRequest } from '@kontor/contracts/quota/v1/quota';
import { legsFit, withLegs } from '../legs.ts';
import { reportedDeviceMs, type Reservation } from '../reservation.ts';
import { already } from './already.ts';
import { hasAwardEnded } from './award-for.ts';
import type { Decision, View } from './decision.ts';
import { amountOverflow, shortage } from './shortage.ts';
import { use } from './use.ts';

/**
 * Posts what was used since the last report and covers the next interval. A report older than the last changes nothing;
 * the same report again only renews the time-out, so that a paused job may keep what it has. Where the next interval
 * cannot be covered, by too little or by an award that has ended, the use is posted all the same, and the caller sees
 * the old cover.
 */
export function advance(request: AdvanceRequest, found: Reservation, view: View): Decision {
  if (found.state !== State.PENDING) return already(found.state);
  if (request.usedDeviceMs < reportedDeviceMs(found)) return found;
  const expiresAt = new Date(view.now.getTime() + Number(request.timeoutMs));
  const used = { ...use(found, request.usedDeviceMs), expiresAt };
  if (request.coverDeviceMs <= used.coverDeviceMs || hasAwardEnded(found, view)) return used;

  const extended = withLegs({ ...used, coverDeviceMs: request.coverDeviceMs });
  if (!legsFit(extended)) return amountOverflow();
  return shortage(used, extended, view) ? used : extended;
}
