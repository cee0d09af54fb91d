import { costUcr } from '@kontor/ledger/cost';
import { splitUcr } from '@kontor/ledger/subsidy';
import { coverDeviceMs, coverWanted } from '../cover.ts';
import type { AdmissionRequest, Findings, Means, Reason, Rule, Snapshot } from './rule.ts';

/** Whether the project, and the award it names, can pay for the first cover, and may hold so many devices at once. */
export const budget: Rule = {
  name: 'budget',
  judge(request: AdmissionRequest, snapshot: Snapshot, findings: Findings) {
    const { workload } = request;
    const { means, terms, devicesHeld } = snapshot;
    const { billedMillidevices, ucrPerDeviceHour, costUcrMax } = findings;
    const coverMs = coverWanted(0n, workload, terms.cover);
    const deviceMs = coverDeviceMs(coverMs, billedMillidevices);
    const first = splitUcr(costUcr(deviceMs, ucrPerDeviceHour), snapshot.award?.subsidyPpm ?? 0);
    const firstCosts = (ucr: bigint): string => `the first ${inSeconds(coverMs)} cost it ${inCredits(ucr)}`;

    const refusal = awardRefusal(request, snapshot, first.awardUcr, firstCosts(first.awardUcr));
    if (refusal) return { refuse: refusal };

    const lacks = (asset: string, needed: bigint): { has: bigint } | undefined => {
      const has = availableOf(means, asset);
      return has === undefined || has >= needed ? undefined : { has };
    };
    const credits = lacks(`CR:${terms.operator}`, first.ownUcr);
    if (credits) {
      const whole = splitUcr(costUcrMax, snapshot.award?.subsidyPpm ?? 0).ownUcr;
      return {
        refuse: {
          detail:
            `The project has ${inCredits(credits.has)} credits; ${firstCosts(first.ownUcr)}` +
            ` and the whole time limit ${inCredits(whole)}.`,
          help: `Ask for at least ${inCredits(first.ownUcr - credits.has)} credits more, or for fewer devices.`,
        },
      };
    }
    const time = lacks(`DEVICE_MS:${workload.acceleratorClass}`, deviceMs);
    if (time) {
      return {
        refuse: {
          detail:
            `The project has ${inHours(time.has)} device-hours of ${workload.acceleratorClass} left;` +
            ` the first ${inSeconds(coverMs)} need ${inHours(deviceMs)}.`,
          help: 'Ask the operator for more device time of this class.',
        },
      };
    }
    return devicesAtOnce(
      workload.devices,
      devicesHeld,
      means.find(({ asset }) => asset === `SLOTS:${workload.acceleratorClass}`),
    );
  },
};

/** Why the award that the job names cannot pay its share of the first cover. */
function awardRefusal(
  { awardId }: AdmissionRequest,
  { award, takenAt }: Snapshot,
  neededUcr: bigint,
  costs: string,
): Reason | undefined {
  if (awardId === undefined) return undefined;
  if (award === undefined)
    return { detail: `The project has no award ${awardId}.`, help: 'Name one of its awards, or none.' };
  if (award.endsAt <= takenAt)
    return {
      detail: `The award ended on ${award.endsAt.toISOString()}.`,
      help: 'Have it extended, or name another award or none.',
    };
  if (award.available >= neededUcr) return undefined;
  return {
    detail: `The award has ${inCredits(award.available)} credits; ${costs}.`,
    help: 'Ask for fewer devices, name another award, or none.',
  };
}

/**
 * Devices at once are counted by what this service placed, beside what the ledger says: between the two answers another
 * job of the project may have been placed and not yet reserved.
 */
function devicesAtOnce(devices: number, devicesHeld: number, slots: Means | undefined): ReturnType<Rule['judge']> {
  if (slots !== undefined && slots.available === undefined) return { found: {} };
  const limit = slots === undefined ? 0n : (slots.available ?? 0n) + slots.held;
  if (BigInt(devices) > limit) {
    return {
      refuse: {
        detail: `The project may hold ${limit} devices of this class at once, and the job needs ${devices}.`,
        help: 'Ask for fewer devices, or ask the operator for a higher limit.',
      },
    };
  }
  const free = limit - BigInt(devicesHeld);
  return BigInt(devices) <= free
    ? { found: {} }
    : {
        wait: {
          detail: `The project's own jobs hold ${devicesHeld} of the ${limit} devices that it may hold at once.`,
          help: 'It starts by itself when one of them ends.',
        },
      };
}

/** An asset without an account cannot be drawn on. */
function availableOf(means: Means[], asset: string): bigint | undefined {
  const found = means.find((one) => one.asset === asset);
  return found === undefined ? 0n : found.available;
}

/** µcr as credits, exact, without trailing zeros. */
function inCredits(ucr: bigint): string {
  const [sign, size] = ucr < 0n ? ['-', -ucr] : ['', ucr];
  const fraction = (size % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${sign}${size / 1_000_000n}${fraction && `.${fraction}`}`;
}

const inSeconds = (ms: bigint): string => `${Number(ms) / 1000} s`;
const inHours = (deviceMs: bigint): string => String(Number((deviceMs * 1000n) / 3_600_000n) / 1000);
