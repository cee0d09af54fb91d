import { asAdmin } from '@kontor/postgres/ensure-database';
import type { Told } from './ledger-clients.ts';
import { ACCOUNTS_DISAGREE, CHARGED_WRONGLY, count, LARGEST_SUM } from './ledger-sql.ts';

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
const NEGATIVE = 'SELECT count(*) AS n FROM account WHERE floor IS NOT NULL AND balance - held < floor';

export async function inspectLedger(databaseUrl: string, told: Told[]): Promise<LedgerFindings> {
  return asAdmin(databaseUrl, async (client) => {
    const { rows } = await client.query<Row>(RESERVATIONS);
    const found = new Map(rows.map((row) => [row.id, row]));
    let doubled = 0n;
    for (const sql of [CHARGED_WRONGLY, ACCOUNTS_DISAGREE, HOLDS_DISAGREE, SUMS_DISAGREE]) {
      doubled += await count(client, sql);
    }
    return {
      lost: told.filter((one) => !isBorneOut(one, found.get(one.id))).length,
      doubled: Number(doubled),
      sum: await count(client, LARGEST_SUM),
      negative: Number(await count(client, NEGATIVE)),
    };
  });
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
