import { Problem } from '@kontor/kit/problem';
import type { EntityManager } from 'typeorm';
import { TenantRow } from './tables.ts';

/** Tenants from the top down to the lowest. */
export const DEPTH_MAX = 8;

/** Any number: advisory locks belong to one database. */
const LOCK = 7_805_001;

/** Until this transaction ends nobody else makes or moves a tenant, so that what it reads of the tree stays true. */
export const lockTree = (tx: EntityManager): Promise<unknown> => tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);

/**
 * The path of a tenant under a parent, or at the top. Pure.
 *
 * @param parentPath empty at the top
 * @param height tenants from this one down to the lowest below it, counting both
 * @throws Problem tenant_cycle or tenant_too_deep
 */
export function pathUnder(parentPath: readonly string[], id: string, height: number): string[] {
  if (parentPath.includes(id)) {
    throw Problem.refused('tenant_cycle', 'A tenant cannot be under itself.', 'Name a tenant that is not below it.');
  }
  if (parentPath.length + height > DEPTH_MAX) {
    throw Problem.refused(
      'tenant_too_deep',
      `Tenants can be under each other ${DEPTH_MAX} deep, and this would be ${parentPath.length + height}.`,
      'Name a tenant that is nearer to the top.',
    );
  }
  return [...parentPath, id];
}

/** Refuses a second tenant of the same name under a parent. Needs the lock on the tree. */
export async function requireFreeSlug(tx: EntityManager, parentId: string | null, slug: string): Promise<void> {
  const [taken] = await tx.query<object[]>(
    'SELECT FROM tenant WHERE parent_id IS NOT DISTINCT FROM $1::uuid AND slug = $2',
    [parentId, slug],
  );
  if (taken) throw tenantExists(slug);
}

export const tenantExists = (slug: string): Problem =>
  Problem.conflict('tenant_exists', `A tenant ${slug} exists, and is another one.`, 'Take another slug.');

/** Tenants from this one down to the lowest below it, counting both. */
export async function heightOf(tx: EntityManager, { id, path }: TenantRow): Promise<number> {
  const [row] = await tx.query<{ depth: number }[]>(
    'SELECT max(cardinality(path)) AS depth FROM tenant WHERE path @> ARRAY[$1::uuid]',
    [id],
  );
  return (row?.depth ?? path.length) - path.length + 1;
}
