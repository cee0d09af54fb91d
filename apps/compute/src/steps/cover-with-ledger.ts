import { Account_Purpose as Purpose, type Reservation } from '@kontor/contracts/quota/v1/quota';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { problemOf } from '@kontor/kit/problem';
import { affordableCover, type Means } from '../affordable-cover.ts';
import type { Granted } from '../budget-outlook.ts';
import { coverDeviceMs, reservationTimeoutMs } from '../cover.ts';
import type { Ports } from '../ports.ts';
import { readAccounts } from '../read-ledger.ts';
import type { JobRow } from '../tables.ts';
import { isFinal } from './step.ts';

/**
 * Has the ledger cover all that is wanted, or as much as the job's payers can pay for together; undefined where it
 * refuses for another reason, such as a reservation that has ended.
 *
 * @param wantedMs elapsed time, cumulative
 */
export async function askForCover(ports: Ports, job: JobRow, wantedMs: bigint): Promise<Granted | undefined> {
  const wanted = coverDeviceMs(wantedMs, job.billedMillidevices);
  try {
    const whole = await ask(ports, job, wanted, wantedMs);
    const isWhole = whole.coverDeviceMs >= wanted;
    if (isWhole && job.awardId === null) return { deviceMs: whole.coverDeviceMs };
    const { means, awardEndsAt } = await readMeans(ports, job);
    if (isWhole) return { deviceMs: whole.coverDeviceMs, awardEndsAt };
    const most = affordableCover(whole.coverDeviceMs, whole.ucrPerDeviceHour, means);
    const part =
      most.deviceMs > whole.coverDeviceMs
        ? await ask(ports, job, most.deviceMs < wanted ? most.deviceMs : wanted, wantedMs)
        : whole;
    const shortOf = part.coverDeviceMs < wanted ? most.shortOf : undefined;
    return { deviceMs: part.coverDeviceMs, shortOf, awardEndsAt };
  } catch (error) {
    giveUp(ports, job, error);
    return undefined;
  }
}

/** Reports what was used and asks for nothing; answers whether the ledger has taken it. */
export async function reportUse(ports: Ports, job: JobRow): Promise<boolean> {
  try {
    await ask(ports, job, job.coverDeviceMs, job.coverMs);
    return true;
  } catch (error) {
    giveUp(ports, job, error);
    return false;
  }
}

const ask = (
  { quota }: Ports,
  { tenantId, projectId, id, billedDeviceMs: usedDeviceMs }: JobRow,
  deviceMs: bigint,
  coverMs: bigint,
): Promise<Reservation> =>
  quota.advance({
    project: { tenantId, projectId },
    id,
    usedDeviceMs,
    coverDeviceMs: deviceMs,
    timeoutMs: reservationTimeoutMs(coverMs),
  });

/** @throws Problem where asking again may help */
function giveUp({ log }: Ports, { tenantId, id }: JobRow, error: unknown): void {
  const problem = problemOf(error);
  if (!isFinal(problem)) throw problem;
  log.warn({ err: problem, tenantId, job: id }, 'quota covers no more, and not for want of money');
}

/** What the payers of a job have, as the ledger said a moment ago: what it answers to the next request decides. */
async function readMeans(
  { quota, settings, clock }: Ports,
  { tenantId, projectId, acceleratorClass, awardId }: JobRow,
): Promise<{ means: Means; awardEndsAt?: Date | undefined }> {
  const accounts = await readAccounts(quota, { tenantId, projectId });
  const own = (asset: string): bigint | undefined =>
    accounts.find((account) => account.asset === asset && account.purpose === Purpose.PROJECT)?.available;
  const award = accounts.find(({ id, purpose }) => id === awardId && purpose === Purpose.AWARD);
  const awardEndsAt = award?.endsAt && timestampDate(award.endsAt);
  return {
    awardEndsAt,
    means: {
      ucr: own(`CR:${settings.terms.operator}`),
      deviceMs: own(`DEVICE_MS:${acceleratorClass}`),
      award: award && {
        ucr: award.available ?? 0n,
        subsidyPpm: award.subsidyPpm,
        hasEnded: awardEndsAt !== undefined && awardEndsAt <= clock.now(),
      },
    },
  };
}
