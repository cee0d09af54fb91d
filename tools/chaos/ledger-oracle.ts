import pg from 'pg';
import type { Told } from './ledger-clients.ts';

/** What is wrong with the books, counted by plain SQL and the clients' own journal, without any code of the service. */
export interface LedgerFindings {
  /** Answers that the database does not bear out, refusals without a reason, and forgotten ones that did not expire. */
  lost: number;
  /**
   * Reservations that moved more or less than their charge says, accounts other than their transfers add up to, and
   * reports' sums other than their charges.
   */
  doubled: number;
  /** Largest distance from zero of any asset's sum over all accounts. */
  sum: bigint;
  /** Accounts below their floor. */
  negative: number;
}

interface Row {
  id: string;
  state: number;
  reported: string;
  charged: string | null;
}

const [POSTED, VOIDED, EXPIRED] = [2, 3, 4];

const RESERVATIONS = `SELECT r.id, r.state, r.used_device_ms + r.late_device_ms + r.waived_device_ms AS reported,
    c.device_ms + c.late_device_ms + c.waived_device_ms AS charged
  FROM reservation r LEFT JOIN charge_record c ON (c.tenant_id, c.reservation_id) = (r.tenant_id, r.id)`;

const CHARGED_WRONGLY = `WITH used AS (
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
const ACCOUNTS_DISAGREE = `WITH moved AS (
    SELECT debit_account_id AS id, -amount AS amount FROM transfer
    UNION ALL SELECT credit_account_id, amount FROM transfer),
  total AS (SELECT id, sum(amount) AS amount FROM moved GROUP BY id)
  SELECT count(*) AS n FROM account LEFT JOIN total USING (id) WHERE balance <> coalesce(amount, 0)`;
const HOLDS_DISAGREE = `WITH open AS (
    SELECT debit_account_id AS id, sum(held) AS held FROM leg GROUP BY debit_account_id)
  SELECT count(*) AS n FROM account LEFT JOIN open USING (id) WHERE account.held <> coalesce(open.held, 0)`;
const SUMS_DISAGREE = `WITH summed AS (
    SELECT tenant_id, project_id, award_id, accelerator_class,
      date_trunc('month', closed_at AT TIME ZONE 'UTC')::date AS month, count(*) AS jobs,
      sum(device_ms) AS device_ms, sum(late_device_ms) AS late_device_ms, sum(cost_ucr) AS cost_ucr,
      sum(div(cost_ucr::numeric * subsidy_ppm, 1000000)) AS award_ucr
    FROM charge_record GROUP BY 1, 2, 3, 4, 5),
  kept AS (SELECT tenant_id, project_id, award_id, accelerator_class, month, jobs, device_ms, late_device_ms,
      cost_ucr, award_ucr FROM charge_sum)
  SELECT count(*) AS n FROM ((TABLE summed EXCEPT TABLE kept) UNION ALL (TABLE kept EXCEPT TABLE summed)) AS differing`;
const LARGEST_SUM = `SELECT coalesce(max(abs(total)), 0)::text AS n
  FROM (SELECT sum(balance) AS total FROM account GROUP BY asset) AS sums`;
const NEGATIVE = 'SELECT count(*) AS n FROM account WHERE floor IS NOT NULL AND balance - held < floor';

export async function inspectLedger(databaseUrl: string, told: Told[]): Promise<LedgerFindings> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const count = async (sql: string): Promise<bigint> => {
      const { rows } = await client.query<{ n: string }>(sql);
      return BigInt(rows[0]?.n ?? -1);
    };
    const { rows } = await client.query<Row>(RESERVATIONS);
    const found = new Map(rows.map((row) => [row.id, row]));
    const disagreeing = [CHARGED_WRONGLY, ACCOUNTS_DISAGREE, HOLDS_DISAGREE, SUMS_DISAGREE];
    let doubled = 0;
    for (const sql of disagreeing) doubled += Number(await count(sql));
    return {
      lost: told.filter((one) => !isBorneOut(one, found.get(one.id))).length,
      doubled,
      sum: await count(LARGEST_SUM),
      negative: Number(await count(NEGATIVE)),
    };
  } finally {
    await client.end();
  }
}

/** The refusals that are right: two of the projects soon have no credits left, and nobody asks for anything odd. */
const RIGHTLY_REFUSED: Record<Told['command'], string[]> = {
  reserve: ['insufficient_credits'],
  advance: [],
  post: [],
  void: [],
  abandon: [],
};

/** Whether the database shows what a client was told, and that was right. */
export function isBorneOut({ command, used, outcome }: Told, row: Row | undefined): boolean {
  if (outcome !== 'ok') return RIGHTLY_REFUSED[command].includes(outcome) && row === undefined;
  if (row === undefined) return false;
  switch (command) {
    case 'reserve':
      return true;
    case 'advance':
      return Number(row.reported) >= used && row.state !== VOIDED;
    case 'post':
      return row.state === POSTED && Number(row.charged) === used;
    case 'void':
      return row.state === VOIDED && row.charged === null;
    case 'abandon':
      return row.state === EXPIRED && row.charged === null;
  }
}
