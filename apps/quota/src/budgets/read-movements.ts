import type { EntityManager } from 'typeorm';

/** A movement as one of the statement's accounts sees it; the amount is below zero where it was taken. */
export interface MovementRow {
  id: string;
  accountId: string;
  otherAccountId: string;
  at: Date;
  reason: number;
  reservationId: string | null;
  amount: string;
}

/** Movements between two of the accounts change nothing for all of them together: they are in no statement. */
const MOVEMENTS = `
  SELECT id, account_id AS "accountId", other_account_id AS "otherAccountId", created_at AS at, reason,
         reservation_id AS "reservationId", amount
  FROM (
    (SELECT id, debit_account_id AS account_id, credit_account_id AS other_account_id, created_at, reason,
            reservation_id, -amount AS amount
     FROM transfer WHERE debit_account_id = ANY($1::uuid[]) AND NOT credit_account_id = ANY($1::uuid[])
       AND created_at >= $2 AND created_at < $3 AND ($4::timestamptz IS NULL OR (created_at, id) > ($4, $5::uuid))
     ORDER BY created_at, id LIMIT $6)
    UNION ALL
    (SELECT id, credit_account_id, debit_account_id, created_at, reason, reservation_id, amount
     FROM transfer WHERE credit_account_id = ANY($1::uuid[]) AND NOT debit_account_id = ANY($1::uuid[])
       AND created_at >= $2 AND created_at < $3 AND ($4::timestamptz IS NULL OR (created_at, id) > ($4, $5::uuid))
     ORDER BY created_at, id LIMIT $6)
  ) AS either ORDER BY created_at, id LIMIT $6`;

/** Oldest first. */
export function readMovements(
  tx: EntityManager,
  ids: string[],
  { from, to, after, limit }: { from: Date; to: Date; after: readonly [Date, string] | undefined; limit: number },
): Promise<MovementRow[]> {
  const [afterAt = null, afterId = null] = after ?? [];
  return tx.query<MovementRow[]>(MOVEMENTS, [ids, from, to, afterAt, afterId, limit]);
}

/** Two steps along an index for each account. */
const LAST = `
  SELECT max(greatest((SELECT max(created_at) FROM transfer WHERE debit_account_id = account.id),
                      (SELECT max(created_at) FROM transfer WHERE credit_account_id = account.id))) AS at
  FROM unnest($1::uuid[]) AS account (id)`;

/** When the accounts last moved; null where they never did. */
export async function lastMovedAt(tx: EntityManager, ids: string[]): Promise<Date | null> {
  const [row] = await tx.query<{ at: Date | null }[]>(LAST, [ids]);
  return row?.at ?? null;
}

const SINCE = `
  SELECT (coalesce((SELECT sum(amount) FROM transfer
                    WHERE credit_account_id = ANY($1::uuid[]) AND created_at >= $2), 0)
    - coalesce((SELECT sum(amount) FROM transfer
                WHERE debit_account_id = ANY($1::uuid[]) AND created_at >= $2), 0))::text AS moved`;

/** What the accounts got together from an instant on, less what they gave. */
export async function movedSince(tx: EntityManager, ids: string[], at: Date): Promise<bigint> {
  const [row] = await tx.query<{ moved: string }[]>(SINCE, [ids, at]);
  return BigInt(row?.moved ?? 0);
}
