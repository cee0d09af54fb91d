import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Member_Role as Role,
  type ListTenantAdminsRequest,
  type RemoveTenantAdminRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { namesOf, referenceOf } from './people.ts';
import type { Ports } from './ports.ts';
import type { MemberMessage, Members } from './project-members.ts';
import { TenantAdminRow, type PersonRow } from './tables.ts';
import { findTenant, lockTenant } from './tenants.ts';

/** Those of the tenant itself; whoever runs one above it is listed there. Those who came first, first. */
export function listTenantAdmins({ db }: Ports, { tenantId }: ListTenantAdminsRequest): Promise<Members> {
  return inScope(db, { tenantId }, async (tx) => {
    await findTenant(tx, tenantId);
    const rows = await tx.find(TenantAdminRow, { where: { tenantId }, order: { since: 'ASC', personId: 'ASC' } });
    const names = await namesOf(
      tx,
      rows.map(({ personId }) => personId),
    );
    return { members: rows.map((row) => toAdmin(row, names.get(row.personId))) };
  });
}

/** @throws Problem tenant_not_found, admin_not_found, last_admin_stays */
export function removeTenantAdmin(
  { db, clock }: Ports,
  { tenantId, personId }: RemoveTenantAdminRequest,
  { actor }: Call,
): Promise<Record<string, never>> {
  return inScope(db, { tenantId }, async (tx) => {
    // Of two who remove each other, one waits here and then finds the other to be the last.
    await lockTenant(tx, tenantId);
    const { affected } = await tx.delete(TenantAdminRow, { tenantId, personId });
    if (!affected) throw Problem.notFound('admin', personId);
    if (!(await tx.existsBy(TenantAdminRow, { tenantId }))) {
      throw Problem.refused('last_admin_stays', 'Nobody else runs the tenant.', 'Have another admin join first.');
    }
    const before = { admin: await referenceOf(tx, personId) };
    const entry = { actor, action: 'tenant.remove-admin', tenantId, subject: tenantId, before };
    await journal(tx, [{ at: clock.now(), ...entry }]);
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
