import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import type {
  GetTenantRequest,
  ListTenantsRequest,
  ListTenantsResponseSchema,
  TenantSchema,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { pageOf, text } from '@kontor/kit/page';
import { personOf, type Person } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { inScope, type RowScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Ports } from './ports.ts';
import { TenantRow } from './tables.ts';

export type TenantMessage = MessageInitShape<typeof TenantSchema>;

export const getTenant = ({ db }: Ports, { tenantId }: GetTenantRequest): Promise<TenantMessage> =>
  inScope(db, { tenantId }, async (tx) => toTenant(await findTenant(tx, tenantId)));

/** @throws Problem tenant_not_found */
export async function findTenant(tx: EntityManager, id: string): Promise<TenantRow> {
  const tenant = await tx.findOneBy(TenantRow, { id });
  if (!tenant) throw Problem.notFound('tenant', id);
  return tenant;
}

/** As findTenant; whoever else wants to change the tenant, or who runs it, waits. */
export async function lockTenant(tx: EntityManager, id: string): Promise<TenantRow> {
  const tenant = await tx.findOne(TenantRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!tenant) throw Problem.notFound('tenant', id);
  return tenant;
}

const BY_SLUG = z.tuple([text, z.uuid()]);

/** All of them for those who work for the operator; for others those where they belong to a project or run things. */
export async function listTenants(
  { db }: Ports,
  request: ListTenantsRequest,
  call: Call,
): Promise<MessageInitShape<typeof ListTenantsResponseSchema>> {
  const { size, after, cut } = pageOf(request, BY_SLUG);
  const rows = await inScope(db, tenantsShownTo(personOf(call)), (tx) => {
    const query = tx
      .createQueryBuilder(TenantRow, 'tenant')
      .orderBy('tenant.slug')
      .addOrderBy('tenant.id')
      .limit(size + 1);
    if (after) query.where('(tenant.slug, tenant.id) > (:slug, :id)', { slug: after[0], id: after[1] });
    return query.getMany();
  });
  const { items, page } = cut(rows, ({ slug, id }) => [slug, id]);
  return { tenants: items.map(toTenant), page };
}

/** The policies of the tables say which tenants a person's scope has. */
const tenantsShownTo = ({ id, roles }: Person): RowScope =>
  roles.includes(Role.OPERATOR_STAFF) || roles.includes(Role.AUDITOR) ? 'all' : { personId: id };

export const toTenant = ({
  id,
  slug,
  displayName,
  parentId,
  state,
  resourceVersion,
  createdAt,
}: TenantRow): TenantMessage => ({
  id,
  slug,
  displayName,
  parentId: parentId ?? '',
  state,
  resourceVersion,
  createdAt: timestampFromDate(createdAt),
});
