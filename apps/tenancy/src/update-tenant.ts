import type { UpdateTenantRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { requireNewest } from '@kontor/kit/resource-version';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import type { Ports } from './ports.ts';
import { TenantRow } from './tables.ts';
import { heightOf, lockTree, pathUnder, requireFreeSlug } from './tenant-tree.ts';
import { findTenant, lockTenant, toTenant, type TenantMessage } from './tenants.ts';

/**
 * Changes a tenant's display name, or moves it with all below it under another parent.
 *
 * @throws Problem stale_version, tenant_not_found (also the parent), tenant_cycle, tenant_too_deep, tenant_exists
 */
export async function updateTenant(
  { db, clock }: Ports,
  request: UpdateTenantRequest,
  { actor }: Call,
): Promise<TenantMessage> {
  return inScope(db, 'all', async (tx) => {
    await lockTree(tx);
    const tenant = await lockTenant(tx, request.tenantId);
    requireNewest('tenant', tenant.resourceVersion, request.resourceVersion);
    const { id, displayName, parentId } = tenant;
    const wanted = {
      displayName: request.displayName ?? displayName,
      parentId: request.parentId === undefined ? parentId : request.parentId || null,
    };
    if (wanted.displayName === displayName && wanted.parentId === parentId) return toTenant(tenant);

    const path = wanted.parentId === parentId ? tenant.path : await pathOfMoved(tx, tenant, wanted.parentId);
    const resourceVersion = tenant.resourceVersion + 1n;
    // One statement, whatever changes: the database counts it as the one change that it is.
    await tx.update(TenantRow, { id }, { ...wanted, path, resourceVersion });
    if (path !== tenant.path) await takeAlong(tx, tenant, path);
    const before = { displayName, parentId };
    const entry = { actor, action: 'tenant.update', tenantId: id, subject: id, before, after: wanted };
    await journal(tx, [{ at: clock.now(), ...entry }]);
    return toTenant({ ...tenant, ...wanted, resourceVersion });
  });
}

/** The way to a tenant in its new place, where nothing keeps it from being. */
async function pathOfMoved(tx: EntityManager, tenant: TenantRow, parentId: string | null): Promise<string[]> {
  const above = parentId ? (await findTenant(tx, parentId)).path : [];
  const path = pathUnder(above, tenant.id, await heightOf(tx, tenant));
  await requireFreeSlug(tx, parentId, tenant.slug);
  return path;
}

/** The paths of all below it begin anew, and end as they did. */
const takeAlong = (tx: EntityManager, { id, path }: TenantRow, begin: string[]): Promise<unknown> =>
  tx.query('UPDATE tenant SET path = $2::uuid[] || path[$3 + 1:] WHERE path @> ARRAY[$1::uuid] AND id <> $1', [
    id,
    begin,
    path.length,
  ]);
