import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';

/** Device time that is charged, and that is given back. */
export interface Charge {
  chargedDeviceMs: bigint;
  waivedDeviceMs: bigint;
}

/** Which ends their user pays for. The site's own fault is never charged, nor is what nobody can explain. */
const CHARGED: Record<Cause, boolean> = {
  [Cause.UNSPECIFIED]: false,
  [Cause.USER]: true,
  [Cause.LIMIT]: true,
  [Cause.BUDGET]: true,
  [Cause.SITE]: false,
  [Cause.PREEMPTED]: true,
  [Cause.SUSPENDED]: true,
};

/** Splits the device time used within cover into what the end's cause charges and what it gives back. */
export function chargeFor(cause: Cause, usedDeviceMs: bigint): Charge {
  return CHARGED[cause]
    ? { chargedDeviceMs: usedDeviceMs, waivedDeviceMs: 0n }
    : { chargedDeviceMs: 0n, waivedDeviceMs: usedDeviceMs };
}
