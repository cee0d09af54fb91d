import pg from 'pg';

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
const CHARGED_WRONGLY = `SELECT count(*) AS n FROM charge_record c
  WHERE cost_ucr <> div(device_ms::numeric * ucr_per_device_hour, 3600000)
     OR cost_ucr <> coalesce((
          SELECT sum(CASE WHEN reason = 5 THEN -amount ELSE amount END) FROM transfer t
          WHERE t.reservation_id = c.reservation_id AND t.reason IN (3, 5) AND t.asset LIKE 'CR:%'), 0)
     OR device_ms <> coalesce((
          SELECT sum(CASE WHEN reason = 5 THEN -amount ELSE amount END) FROM transfer t
          WHERE t.reservation_id = c.reservation_id AND t.reason IN (3, 5) AND t.asset LIKE 'DEVICE_MS:%'), 0)`;
const STILL_RESERVED = 'SELECT count(*) AS n FROM reservation WHERE state = 1';
const STILL_HELD = `SELECT (SELECT count(*) FROM account WHERE held <> 0)
  + (SELECT count(*) FROM leg WHERE held <> 0) AS n`;
const LARGEST_SUM = `SELECT coalesce(max(abs(total)), 0)::text AS n
  FROM (SELECT sum(balance) AS total FROM account GROUP BY asset) AS sums`;
const OWN_TRANSFERS_DISAGREE = `SELECT count(*) AS n FROM account a WHERE balance <> (
    SELECT coalesce(sum(CASE WHEN credit_account_id = a.id THEN amount ELSE -amount END), 0)
    FROM transfer t WHERE a.id IN (t.credit_account_id, t.debit_account_id))`;

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
  const quota = await counting(urls.quota, async (count) => ({
    notSettled: await count(NOT_SETTLED, [ran]),
    wrong: await count(CHARGED_WRONGLY),
    disagree: await count(OWN_TRANSFERS_DISAGREE),
    reserved: await count(STILL_RESERVED),
    held: await count(STILL_HELD),
    sum: await count(LARGEST_SUM),
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
  counting(computeUrl, async (count) => ({
    lost: await count(JOBS_LOST, [jobs]),
    failed: await count(JOBS_FAILED, [jobs]),
    taken: await count(SLOTS_STILL_TAKEN),
  }));

type Count = (sql: string, values?: unknown[]) => Promise<bigint>;

async function counting<T>(url: string, work: (count: Count) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (sql, values) => {
      const { rows } = await client.query<{ n: string }>(sql, values);
      return BigInt(rows[0]?.n ?? -1);
    });
  } finally {
    await client.end();
  }
}
