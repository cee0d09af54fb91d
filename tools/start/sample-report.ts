import { StartFault } from './start-fault.ts';

/** As the API writes it: integers of 64 bits are text. Absent numbers are zero. */
export interface ChargeRecord {
  acceleratorClass: string;
  deviceMs?: string;
  ucrPerDeviceHour?: string;
  costUcr?: string;
  payers?: { accountId: string; amountUcr: string }[];
}

/** What the job left in metrics.json. */
export interface Metrics {
  /** Share of the held-out digits that it read correctly. */
  accuracy: number;
  held_out: number;
  seconds: number;
}

const MS_PER_HOUR = 3_600_000n;

/** What came of the sample job, line by line. Throws StartFault if the arithmetic of its charge is wrong. */
export function reportSample(jobId: string, metrics: Metrics, charge: ChargeRecord): string[] {
  const deviceMs = BigInt(charge.deviceMs ?? 0);
  const rate = BigInt(charge.ucrPerDeviceHour ?? 0);
  const cost = BigInt(charge.costUcr ?? 0);
  const paid = (charge.payers ?? []).reduce((sum, { amountUcr }) => sum + BigInt(amountUcr), 0n);
  if ((deviceMs * rate) / MS_PER_HOUR !== cost || paid !== cost) {
    throw new StartFault(
      `The charge record of the sample job is wrong: it says ${cost} µcr, paid by ${paid} µcr.`,
      'This is a fault of Kontor: keep .kontor/ and report it.',
    );
  }
  const share = (metrics.accuracy * 100).toFixed(1);
  const digits = metrics.held_out.toLocaleString('en');
  const formula = `${deviceMs} device-ms of ${charge.acceleratorClass} × ${rate} µcr/h ÷ ${MS_PER_HOUR}`;
  return [
    `  job     ${jobId}`,
    `  learnt  reads ${share} % of ${digits} digits it had never seen, after ${metrics.seconds} s`,
    `  cost    floor(${formula}) = ${cost} µcr, paid in full`,
  ];
}
