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

    if (wanted.parentId !== parentId) await move(tx, tenant, wanted.parentId);
    const resourceVersion = tenant.resourceVersion + 1n;
    await tx.update(TenantRow, { id }, { displayName: wanted.displayName, resourceVersion });
    const before = { displayName, parentId };
    const entry = { actor, action: 'tenant.update', tenantId: id, subject: id, before, after: wanted };
    await journal(tx, [{ at: clock.now(), ...entry }]);
    return toTenant({ ...tenant, ...wanted, resourceVersion });
  });
}

/** One statement for the tenant and all below it: their paths begin anew, and end as they did. */
async function move(tx: EntityManager, tenant: TenantRow, parentId: string | null): Promise<void> {
  const { id, slug, path } = tenant;
  const above = parentId ? (await findTenant(tx, parentId)).path : [];
  const begin = pathUnder(above, id, await heightOf(tx, tenant));
  await requireFreeSlug(tx, parentId, slug);
  await tx.query(
    `UPDATE tenant SET path = $2::uuid[] || path[$3 + 1:], parent_id = CASE WHEN id = $1 THEN $4 ELSE parent_id END
      WHERE path @> ARRAY[$1::uuid]`,
    [id, begin, path.length, parentId],
  );
}
