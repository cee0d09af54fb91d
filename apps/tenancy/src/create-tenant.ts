import { Tenant_State as State, type CreateTenantRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { inScope } from '@kontor/kit/tenant-scope';
import { tenantIdOf } from './ids.ts';
import type { Ports } from './ports.ts';
import { TenantRow } from './tables.ts';
import { lockTree, pathUnder, requireFreeSlug, tenantExists } from './tenant-tree.ts';
import { findTenant, toTenant, type TenantMessage } from './tenants.ts';

/**
 * Creates a tenant. The same parent, slug and name again is the same tenant.
 *
 * @throws Problem tenant_not_found (the parent), tenant_exists, tenant_too_deep
 */
export async function createTenant(
  { db, clock, operator }: Ports,
  { parentId, slug, displayName }: CreateTenantRequest,
  { actor }: Call,
): Promise<TenantMessage> {
  const id = tenantIdOf(operator, parentId, slug);
  return inScope(db, 'all', async (tx) => {
    await lockTree(tx);
    const known = await tx.findOneBy(TenantRow, { id });
    if (known && (known.parentId ?? '') === parentId && known.displayName === displayName) return toTenant(known);
    if (known) throw tenantExists(slug);

    const above = parentId ? (await findTenant(tx, parentId)).path : [];
    const path = pathUnder(above, id, 1);
    await requireFreeSlug(tx, parentId || null, slug);
    const tenant: TenantRow = {
      id,
      parentId: parentId || null,
      path,
      slug,
      displayName,
      state: State.ACTIVE,
      resourceVersion: 1n,
      createdAt: clock.now(),
    };
    await tx.insert(TenantRow, tenant);
    const after = { parentId: tenant.parentId, slug, displayName };
    await journal(tx, [{ at: tenant.createdAt, actor, action: 'tenant.create', tenantId: id, subject: id, after }]);
    return toTenant(tenant);
  });
}
