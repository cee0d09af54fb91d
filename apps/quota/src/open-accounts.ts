import { journalInsert } from '@kontor/kit/journal';
import { accountId, type AccountName } from './account-id.ts';
import type { Transaction } from './in-transaction.ts';

/**
 * Inserts the accounts that are missing, each with its journal row; ordered, so that two replicas never deadlock. Those
 * that exist stay as they are, whatever their floor.
 */
export async function openAccounts(
  { client, send }: Transaction,
  names: AccountName[],
  floor: bigint | null,
  actor: string,
  at: Date,
): Promise<void> {
  const { rows } = await client.query<{ id: string; tenantId: string | null }>({
    name: 'open-accounts',
    text: `INSERT INTO account (id, tenant_id, project_id, purpose, asset, balance, held, floor, created_at)
           SELECT DISTINCT ON (id) id, tenant_id, project_id, purpose, asset, 0, 0, $6::int8, $7::timestamptz
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int2[], $5::text[])
             AS n (id, tenant_id, project_id, purpose, asset)
           ORDER BY id ON CONFLICT DO NOTHING RETURNING id, tenant_id AS "tenantId"`,
    values: [
      names.map(accountId),
      names.map(({ project }) => project?.tenantId ?? null),
      names.map(({ project }) => project?.projectId ?? null),
      names.map(({ purpose }) => purpose),
      names.map(({ asset }) => asset),
      floor,
      at,
    ],
  });
  if (rows.length === 0) return;
  const byId = new Map(names.map((name) => [accountId(name), name]));
  send(
    journalInsert(
      rows.map(({ id, tenantId }) => {
        const { project, purpose, asset } = byId.get(id) ?? {};
        return {
          at,
          actor,
          action: 'account.open',
          subject: id,
          tenantId: tenantId ?? undefined,
          after: { projectId: project?.projectId, purpose, asset, floor },
        };
      }),
    ),
  );
}
