import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TrialBalanceSchema } from '@kontor/contracts/quota/v1/quota';
import type { EntityManager } from 'typeorm';

/** One statement, so that all of it is of one instant; every leg is read, also of reservations that ended. */
const TRIAL_BALANCE = `
  SELECT asset, sum(balance) AS sum, sum(held) AS held, coalesce(min(legs.held_by_legs), 0) AS "heldByLegs",
         count(*) FILTER (WHERE balance - held < floor) AS "overdrawnAccounts"
  FROM account LEFT JOIN (SELECT asset, sum(held) AS held_by_legs FROM leg GROUP BY asset) AS legs USING (asset)
  GROUP BY asset ORDER BY asset`;

interface Totals {
  asset: string;
  sum: string;
  held: string;
  heldByLegs: string;
  overdrawnAccounts: string;
}

/** For each asset what the books add up to. Sums are exact: PostgreSQL adds int64s as numeric. */
export async function trialBalance(tx: EntityManager): Promise<MessageInitShape<typeof TrialBalanceSchema>[]> {
  const rows = await tx.query<Totals[]>(TRIAL_BALANCE);
  return rows.map(({ asset, sum, held, heldByLegs, overdrawnAccounts }) => ({
    asset,
    sum: BigInt(sum),
    held: BigInt(held),
    heldByLegs: BigInt(heldByLegs),
    overdrawnAccounts: Number(overdrawnAccounts),
  }));
}
