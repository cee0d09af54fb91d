/** What an award paid of a charge: the same floor as everywhere, in exact numbers. */
const AWARD_UCR = 'div(cost_ucr::numeric * subsidy_ppm, 1000000)';

const WHICH = `($1::uuid IS NULL OR tenant_id = $1) AND closed_at >= $2 AND closed_at < $3`;

const COLUMNS = `
  count(*)::text AS jobs, coalesce(sum(device_ms), 0)::text AS "deviceMs",
  coalesce(sum(late_device_ms), 0)::text AS "lateDeviceMs", coalesce(sum(cost_ucr), 0)::text AS "costUcr",
  coalesce(sum(${AWARD_UCR}), 0)::text AS "awardUcr"`;

/** Sums over charge records of a tenant ($1, or all) that closed from $2 on and before $3. */
export const SUMS = `SELECT ${COLUMNS} FROM charge_record WHERE ${WHICH}`;

/** The same by key, of keys after $4 the first $5. A charge without an award has no programme, which is a key too. */
export const sumsBy = (key: string): string => (key === 'programme' ? BY_PROGRAMME : `
  SELECT ${key} AS key, ${COLUMNS} FROM charge_record WHERE ${WHICH}
  GROUP BY 1 HAVING $4::text IS NULL OR ${key} > $4 ORDER BY 1 LIMIT $5`);

/** First by award, of which there are few beside all the charges, then by the awards' programmes. */
const BY_PROGRAMME = `
  WITH by_award AS (
    SELECT award_id, count(*) AS jobs, sum(device_ms) AS device_ms, sum(late_device_ms) AS late_device_ms,
           sum(cost_ucr) AS cost_ucr, sum(${AWARD_UCR}) AS award_ucr
    FROM charge_record WHERE ${WHICH} GROUP BY award_id
  )
  SELECT coalesce(slug, '') AS key, sum(jobs)::text AS jobs, sum(by_award.device_ms)::text AS "deviceMs",
    sum(late_device_ms)::text AS "lateDeviceMs", sum(cost_ucr)::text AS "costUcr", sum(award_ucr)::text AS "awardUcr"
  FROM by_award LEFT JOIN award ON award.id = award_id LEFT JOIN programme ON programme.id = programme_id
  GROUP BY 1 HAVING $4::text IS NULL OR coalesce(slug, '') > $4 ORDER BY 1 LIMIT $5`;

/**
 * What projects and awards of a tenant ($1, or all) have spent of an asset ($2) by their accounts, less what their
 * charge records say: the rest was paid by jobs that have none yet.
 */
export const RUNNING = `
  WITH payer AS (
    SELECT id, balance FROM account WHERE asset = $2 AND purpose IN (1, 5) AND ($1::uuid IS NULL OR tenant_id = $1)
  )
  SELECT (coalesce((SELECT sum(amount) FROM transfer JOIN payer ON credit_account_id = payer.id
                    WHERE reason IN (1, 2)), 0)
    - coalesce((SELECT sum(amount) FROM transfer JOIN payer ON debit_account_id = payer.id
                WHERE reason IN (1, 2)), 0)
    - coalesce((SELECT sum(balance) FROM payer), 0)
    - coalesce((SELECT sum(cost_ucr) FROM charge_record WHERE $1::uuid IS NULL OR tenant_id = $1), 0))::text AS ucr`;
