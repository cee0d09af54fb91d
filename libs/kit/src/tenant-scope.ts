import type { DataSource, EntityManager } from 'typeorm';
import { transaction } from './database.ts';

/**
 * Whose rows a transaction sees and may write: those of a tenant; those of every tenant, which is for what spans
 * tenants by its nature; or, where a table's policy knows people, one person's own in whatever tenant.
 */
export type RowScope = 'all' | { tenantId: string } | { personId: string };

/**
 * SQL for a migration: from now on rows of a table are seen and written only by transactions in their tenant's scope or
 * in that of all. Without a scope there are no rows, for the table's owner neither: a migration that changes rows calls
 * `set_config('kontor.all', 'on', true)` first.
 *
 * @param column holds the tenant's id; rows without one belong to the scope of all
 */
export const tenantRowsSql = (table: string, column = 'tenant_id'): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY in_scope ON ${table} USING (
    ${column} = ${SCOPE_TENANT} OR current_setting('kontor.all', true) = 'on'
  );
`;

/** SQL for policies: the tenant or person whose scope a transaction is in, else null. */
export const SCOPE_TENANT = `nullif(current_setting('kontor.tenant', true), '')::uuid`;
export const SCOPE_PERSON = `nullif(current_setting('kontor.person', true), '')::uuid`;

/**
 * Runs work in one transaction that sees the rows of a scope and no others. Work runs again after a deadlock, so it
 * must have no effect outside the transaction.
 */
export const inScope = <T>(
  dataSource: DataSource,
  scope: RowScope,
  work: (tx: EntityManager) => Promise<T>,
): Promise<T> =>
  transaction(dataSource, async (tx) => {
    await enterScope(tx, scope);
    return work(tx);
  });

/** Puts the rest of a transaction into another scope, such as that of the tenant that it was about to find out. */
export async function enterScope(tx: EntityManager, scope: RowScope): Promise<void> {
  const { tenantId = '', personId = '' }: { tenantId?: string; personId?: string } = scope === 'all' ? {} : scope;
  await tx.query(
    `SELECT set_config('kontor.tenant', $1, true), set_config('kontor.person', $2, true),
            set_config('kontor.all', $3, true)`,
    [tenantId, personId, scope === 'all' ? 'on' : 'off'],
  );
}
