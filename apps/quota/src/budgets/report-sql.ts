import { GetReportRequest_By as By } from '@kontor/contracts/quota/v1/budget';
import { Account_Purpose as Purpose, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';

/**
 * For the transaction of a report: tables are read whole, which the settings of the hot path would forbid, sums stay in
 * memory, and what nobody waits for any more ends.
 */
export const READING = `SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL work_mem = '64MB';
  SET LOCAL statement_timeout = '30s'`;

/** What an award paid of a charge: the same floor as everywhere, divided before it is multiplied; never too large. */
const AWARD_UCR = 'cost_ucr / 1000000 * subsidy_ppm + cost_ucr % 1000000 * subsidy_ppm / 1000000';

const KEYS = 'tenant_id, project_id, award_id, accelerator_class';
const IS_OF_TENANT = '($1::uuid IS NULL OR tenant_id = $1)';

/** Whole months by their sums, and by its charges what the interval has before and after them. */
const CHARGED = `
  SELECT ${KEYS}, month, jobs, device_ms, late_device_ms, cost_ucr, award_ucr FROM charge_sum
  WHERE ${IS_OF_TENANT} AND month >= ($4::timestamptz AT TIME ZONE 'UTC')::date
    AND month < ($5::timestamptz AT TIME ZONE 'UTC')::date
  UNION ALL
  SELECT ${KEYS}, (closed_at AT TIME ZONE 'UTC')::date, 1::bigint, device_ms, late_device_ms, cost_ucr, ${AWARD_UCR}
  FROM charge_record
  WHERE ${IS_OF_TENANT} AND (closed_at >= $2 AND closed_at < $4 OR closed_at >= $5 AND closed_at < $3)`;

/** What a report is grouped by first, cheaply, and the key that each group is shown under; with what each takes. */
interface Grouping {
  part: string;
  of?: string;
  key: string;
  with?: string;
}

const GROUPINGS: Partial<Record<By, Grouping>> = {
  // A charge without an award has no programme, which is a key too.
  [By.PROGRAMME]: {
    part: 'programme_id',
    of: 'LEFT JOIN award ON award.id = award_id',
    key: `coalesce(slug, '')`,
    with: 'LEFT JOIN programme ON programme.id = part',
  },
  [By.TENANT]: { part: 'tenant_id', key: 'part::text' },
  [By.PROJECT]: { part: 'project_id', key: 'part::text' },
  [By.ACCELERATOR_CLASS]: { part: 'accelerator_class', key: 'part' },
  [By.MONTH]: { part: 'month', key: `to_char(part, 'YYYY-MM')` },
};

const NAMES = ['jobs', 'device_ms', 'late_device_ms', 'cost_ucr', 'award_ucr'];
const sumsOf = (table: string): string =>
  NAMES.map((name) => `coalesce(sum(${table}.${name}), 0) AS ${name}`).join(', ');

/** As text, because they may be larger than any column. */
const SHOWN = `jobs::text AS jobs, device_ms::text AS "deviceMs", late_device_ms::text AS "lateDeviceMs",
  cost_ucr::text AS "costUcr", award_ucr::text AS "awardUcr"`;

/**
 * Sums over charges of a tenant ($1, or all) that closed from $2 on and before $3, of which $4 to $5 are whole months:
 * those of keys after $6, the first $7, and under no key the sum of all keys.
 */
export function reportSql(by: By): string {
  const grouping = GROUPINGS[by];
  if (grouping === undefined) throw new Error(`There is no report by ${by}.`);
  const { part, of = '', key, with: named = '' } = grouping;
  return `
    WITH charged AS (${CHARGED}),
      by_part AS (SELECT ${part} AS part, ${sumsOf('charged')} FROM charged ${of} GROUP BY 1),
      by_key AS (SELECT ${key} AS key, ${sumsOf('by_part')} FROM by_part ${named} GROUP BY 1),
      total AS (SELECT ${sumsOf('by_key')} FROM by_key)
    (SELECT key, ${SHOWN} FROM by_key WHERE $6::text IS NULL OR key > $6 ORDER BY by_key.key LIMIT $7)
    UNION ALL SELECT NULL, ${SHOWN} FROM total`;
}

const HANDED = [Reason.GRANT, Reason.RETURN].join();

/**
 * What projects and awards of a tenant ($1, or all) have spent of an asset ($2) by their accounts, less what their
 * charges say: the rest was paid by jobs that have none yet.
 */
export const RUNNING = `
  WITH payer AS (
    SELECT id, balance FROM account
    WHERE asset = $2 AND purpose IN (${Purpose.PROJECT}, ${Purpose.AWARD}) AND ${IS_OF_TENANT}
  )
  SELECT (coalesce((SELECT sum(amount) FROM transfer JOIN payer ON credit_account_id = payer.id
                    WHERE reason IN (${HANDED})), 0)
    - coalesce((SELECT sum(amount) FROM transfer JOIN payer ON debit_account_id = payer.id
                WHERE reason IN (${HANDED})), 0)
    - coalesce((SELECT sum(balance) FROM payer), 0)
    - coalesce((SELECT sum(cost_ucr) FROM charge_sum WHERE ${IS_OF_TENANT}), 0))::text AS ucr`;
