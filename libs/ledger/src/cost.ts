/** Milliseconds of an hour: rates are per device-hour, use is in device-milliseconds. */
export const MS_PER_HOUR = 3_600_000n;

/**
 * What device time costs in µcr, rounded down. Always of a cumulative total: the cost of an interval is the difference
 * of two totals, so that no rounding ever drifts.
 */
export function costUcr(cumulativeDeviceMs: bigint, ucrPerDeviceHour: bigint): bigint {
  return (cumulativeDeviceMs * ucrPerDeviceHour) / MS_PER_HOUR;
}
