import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Member_Role as Role,
  type ListTenantAdminsRequest,
  type RemoveTenantAdminRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { OLDEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { closeTenantBehind } from './close-behind.ts';
import { namesOf } from './people.ts';
import type { Ports } from './ports.ts';
import type { MemberMessage, Members } from './project-members.ts';
import { PersonRow, TenantAdminRow } from './tables.ts';
import { findTenant, lockTenant } from './tenants.ts';

/** Those of the tenant itself; whoever runs one above it is listed there. Those who came first, first. */
export function listTenantAdmins({ db }: Ports, request: ListTenantAdminsRequest): Promise<Members> {
  const { tenantId } = request;
  const { size, after, cut } = pageOf(request, OLDEST_FIRST);
  return inScope(db, { tenantId }, async (tx) => {
    await findTenant(tx, tenantId);
    const query = tx
      .createQueryBuilder(TenantAdminRow, 'admin')
      .where({ tenantId })
      .orderBy('admin.since')
      .addOrderBy('admin.personId')
      .limit(size + 1);
    if (after) query.andWhere('(admin.since, admin.personId) > (:since, :id)', { since: after[0], id: after[1] });
    const { items, page } = cut(await query.getMany(), ({ since, personId }) => [since, personId]);
    const names = await namesOf(tx, items);
    return { members: items.map((row) => toAdmin(row, names.get(row.personId))), page };
  });
}

/** @throws Problem tenant_not_found, admin_not_found, last_admin_stays */
export function removeTenantAdmin(
  { db, clock }: Ports,
  { tenantId, personId }: RemoveTenantAdminRequest,
  { actor }: Call,
): Promise<Record<string, never>> {
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    // Of two who remove each other, one waits here and then finds the other to be the last.
    await lockTenant(tx, tenantId);
    const { affected } = await tx.delete(TenantAdminRow, { tenantId, personId });
    if (!affected) throw Problem.notFound('admin', personId);
    if (!(await tx.existsBy(TenantAdminRow, { tenantId }))) {
      throw Problem.refused('last_admin_stays', 'Nobody else runs the tenant.', 'Have another admin join first.');
    }
    const person = await tx.findOneByOrFail(PersonRow, { id: personId });
    const before = { admin: person.reference };
    const entry = { actor, action: 'tenant.remove-admin', tenantId, subject: tenantId, before };
    await journal(tx, [{ at, ...entry }]);
    await closeTenantBehind(tx, tenantId, person, { actor, at });
    return {};
  });
}

export const toAdmin = (
  { tenantId, personId, since }: TenantAdminRow,
  person: Pick<PersonRow, 'name' | 'email'> | undefined,
): MemberMessage => ({
  tenantId,
  personId,
  role: Role.TENANT_ADMIN,
  name: person?.name ?? '',
  email: person?.email ?? '',
  since: timestampFromDate(since),
});
