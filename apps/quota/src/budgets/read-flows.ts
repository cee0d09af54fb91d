import { Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import type { EntityManager } from 'typeorm';
import type { Flows } from './payer-budget.ts';

const HANDED = [Reason.GRANT, Reason.RETURN].join();

/**
 * One statement, so that all of it is of one instant. Grants and returns have indexes of their own; use and refunds are
 * read within the window alone. Sums travel as text, because they may be larger than any column.
 */
const FLOWS = `
  SELECT id, balance::text AS balance, held::text AS held, floor::text AS floor, created_at AS "createdAt",
    (coalesce((SELECT sum(amount) FROM transfer WHERE credit_account_id = account.id AND reason IN (${HANDED})), 0)
      - coalesce((SELECT sum(amount) FROM transfer WHERE debit_account_id = account.id AND reason IN (${HANDED})), 0)
    )::text AS granted,
    (coalesce((SELECT sum(amount) FROM transfer
               WHERE debit_account_id = account.id AND reason = ${Reason.USAGE} AND created_at > $2), 0)
      - coalesce((SELECT sum(amount) FROM transfer
                  WHERE credit_account_id = account.id AND reason = ${Reason.REFUND} AND created_at > $2), 0)
    )::text AS burned
  FROM account WHERE id = ANY($1::uuid[])`;

interface FlowRow {
  id: string;
  balance: string;
  held: string;
  floor: string | null;
  createdAt: Date;
  granted: string;
  burned: string;
}

/** What each of these accounts got and gave, and what it gave for use since an instant. */
export async function readFlows(tx: EntityManager, ids: string[], since: Date): Promise<Map<string, Flows>> {
  const rows = await tx.query<FlowRow[]>(FLOWS, [ids, since]);
  return new Map(
    rows.map(({ id, balance, held, floor, granted, burned, createdAt }) => [
      id,
      {
        balance: BigInt(balance),
        held: BigInt(held),
        floor: floor === null ? null : BigInt(floor),
        granted: BigInt(granted),
        burned: BigInt(burned),
        createdAt,
      },
    ]),
  );
}
