import type pg from 'pg';

/*
 * What must hold in any ledger, in SQL that shares no code with the service. Each statement counts what does not.
 */

/** Charges other than floor(device_ms × rate / 3 600 000), than what was moved for them, or than payers are told. */
export const CHARGED_WRONGLY = `WITH used AS (
    SELECT reservation_id, split_part(asset, ':', 1) AS kind,
      sum(CASE WHEN reason = 5 THEN -amount ELSE amount END) AS n
    FROM transfer WHERE reason IN (3, 5) GROUP BY 1, 2),
  paid AS (
    SELECT reservation_id, sum((payer ->> 'amountUcr')::numeric) AS n
    FROM charge_record, jsonb_array_elements(payers) payer GROUP BY 1)
  SELECT count(*) AS n FROM charge_record c
  LEFT JOIN used credits ON credits.reservation_id = c.reservation_id AND credits.kind = 'CR'
  LEFT JOIN used device ON device.reservation_id = c.reservation_id AND device.kind = 'DEVICE_MS'
  LEFT JOIN paid ON paid.reservation_id = c.reservation_id
  WHERE cost_ucr <> div(device_ms::numeric * ucr_per_device_hour, 3600000) OR cost_ucr <> coalesce(credits.n, 0)
     OR cost_ucr <> coalesce(paid.n, 0) OR device_ms <> coalesce(device.n, 0)`;

/** Accounts whose balance is not what their transfers add up to. */
export const ACCOUNTS_DISAGREE = `WITH moved AS (
    SELECT debit_account_id AS id, -amount AS amount FROM transfer
    UNION ALL SELECT credit_account_id, amount FROM transfer),
  total AS (SELECT id, sum(amount) AS amount FROM moved GROUP BY id)
  SELECT count(*) AS n FROM account LEFT JOIN total USING (id) WHERE balance <> coalesce(amount, 0)`;

/** Largest distance from zero of any asset's sum over all accounts. */
export const LARGEST_SUM = `SELECT coalesce(max(abs(total)), 0)::text AS n
  FROM (SELECT sum(balance) AS total FROM account GROUP BY asset) AS sums`;

/** What a statement counts as `n`. */
export async function count(client: pg.Client, sql: string, values: unknown[] = []): Promise<bigint> {
  const { rows } = await client.query<{ n: string }>(sql, values);
  return BigInt(rows[0]?.n ?? -1);
}
