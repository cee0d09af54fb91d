import { StartFault } from './start-fault.ts';

/** As the API writes it: integers of 64 bits are text. Absent numbers are zero. */
export interface ChargeRecord {
  acceleratorClass: string;
  deviceMs?: string;
  ucrPerDeviceHour?: string;
  costUcr?: string;
  payers?: { accountId: string; amountUcr: string }[];
  /** The award that paid a share, and which share. */
  awardId?: string;
  subsidyPpm?: number;
}

/** What the job left in metrics.json. */
export interface Metrics {
  /** Share of the held-out digits that it read correctly. */
  accuracy: number;
  held_out: number;
  seconds: number;
}

const MS_PER_HOUR = 3_600_000n;
const WHOLE_PPM = 1_000_000n;

/** What came of the sample job, line by line. Throws StartFault if the arithmetic of its charge is wrong. */
export function reportSample(jobId: string, metrics: Metrics, charge: ChargeRecord): string[] {
  const deviceMs = BigInt(charge.deviceMs ?? 0);
  const rate = BigInt(charge.ucrPerDeviceHour ?? 0);
  const cost = BigInt(charge.costUcr ?? 0);
  const { payers = [], awardId, subsidyPpm = 0 } = charge;
  const paidBy = (isPayer: (accountId: string) => boolean): bigint =>
    payers.reduce((sum, { accountId, amountUcr }) => sum + (isPayer(accountId) ? BigInt(amountUcr) : 0n), 0n);
  const [award, own] = [paidBy((id) => id === awardId), paidBy((id) => id !== awardId)];
  const share = (cost * BigInt(subsidyPpm)) / WHOLE_PPM;
  if ((deviceMs * rate) / MS_PER_HOUR !== cost || award !== share || own !== cost - share) {
    throw new StartFault(
      `The charge record of the sample job is wrong: it says ${cost} µcr, paid by ${award} µcr and ${own} µcr.`,
      'This is a fault of Kontor: keep .kontor/ and report it.',
    );
  }
  const read = (metrics.accuracy * 100).toFixed(1);
  const digits = metrics.held_out.toLocaleString('en');
  const formula = `${deviceMs} device-ms of ${charge.acceleratorClass} × ${rate} µcr/h ÷ ${MS_PER_HOUR}`;
  return [
    `  job     ${jobId}`,
    `  learnt  reads ${read} % of ${digits} digits it had never seen, after ${metrics.seconds} s`,
    `  cost    floor(${formula}) = ${cost} µcr`,
    `  paid    floor(${cost} × ${subsidyPpm} ÷ ${WHOLE_PPM}) = ${award} µcr by the programme,` +
      ` ${own} µcr by the project`,
  ];
}
