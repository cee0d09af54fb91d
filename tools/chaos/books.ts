import { asAdmin } from '@kontor/postgres/ensure-database';
import { ACCOUNTS_DISAGREE, CHARGED_WRONGLY, count, LARGEST_SUM } from './ledger-sql.ts';

/** What is wrong in the databases after a run, counted by plain SQL that shares no code with the services. */
export interface Findings {
  /** Jobs that did not end, ended badly by anybody's fault but the site's, or ended without being settled. */
  lost: number;
  /** Jobs that ended badly by the fault of the site, which is what killing is. */
  failed: number;
  /** Jobs charged more than once, or charged other than floor(device_ms × rate / 3 600 000). */
  doubled: number;
  /** Reservations, slots and holds that outlived their job. */
  leftovers: number;
  /** Largest distance from zero of any asset's sum over all accounts. */
  sum: bigint;
}

const [SUCCEEDED, ENDED, SITE] = ['7', '(7, 8, 9)', '4'];

const JOBS = 'SELECT count(*) AS n FROM unnest($1::uuid[]) AS wanted (id) LEFT JOIN job USING (id)';
const FAILED = `job.state IN ${ENDED} AND job.state <> ${SUCCEEDED} AND job.cause = ${SITE}`;
const JOBS_LOST = `${JOBS} WHERE job.state IS DISTINCT FROM ${SUCCEEDED} AND (${FAILED}) IS NOT TRUE`;
const JOBS_FAILED = `${JOBS} WHERE ${FAILED}`;
const SLOTS_STILL_TAKEN = 'SELECT count(*) AS n FROM occupancy WHERE upper_inf(during)';

const NOT_SETTLED = `SELECT count(*) AS n FROM unnest($1::uuid[]) AS ran (id)
  LEFT JOIN charge_record ON reservation_id = id WHERE charge_record IS NULL`;
const STILL_RESERVED = 'SELECT count(*) AS n FROM reservation WHERE state = 1';
const STILL_HELD = `SELECT (SELECT count(*) FROM account WHERE held <> 0)
  + (SELECT count(*) FROM leg WHERE held <> 0) AS n`;

/**
 * Looks into both databases as their superuser.
 *
 * @param jobs ids of every job that was acknowledged
 * @param ran ids of those whose program printed something
 */
export async function inspect(
  urls: { quota: string; compute: string },
  jobs: string[],
  ran: string[],
): Promise<Findings> {
  const compute = await inspectJobs(urls.compute, jobs);
  const quota = await asAdmin(urls.quota, async (client) => ({
    notSettled: await count(client, NOT_SETTLED, [ran]),
    wrong: await count(client, CHARGED_WRONGLY),
    disagree: await count(client, ACCOUNTS_DISAGREE),
    reserved: await count(client, STILL_RESERVED),
    held: await count(client, STILL_HELD),
    sum: await count(client, LARGEST_SUM),
  }));
  return {
    lost: Number(compute.lost + quota.notSettled),
    failed: Number(compute.failed),
    doubled: Number(quota.wrong + quota.disagree),
    leftovers: Number(compute.taken + quota.reserved + quota.held),
    sum: quota.sum,
  };
}

/** How many of these jobs were lost or failed, and how many slots are still taken. */
export const inspectJobs = (computeUrl: string, jobs: string[]) =>
  asAdmin(computeUrl, async (client) => ({
    lost: await count(client, JOBS_LOST, [jobs]),
    failed: await count(client, JOBS_FAILED, [jobs]),
    taken: await count(client, SLOTS_STILL_TAKEN),
  }));
