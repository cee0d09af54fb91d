import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import type { TenancyUnderTest } from './tenancy-under-test.ts';
import type { Actor } from './through-gateway.ts';

/** Somebody's id, as the gateway learns it. */
export async function idOf(tenancy: TenancyUnderTest, { credential }: Actor): Promise<string> {
  return (await tenancy.gateway.resolveCaller({ credential })).id;
}

/** How the journal names somebody. */
export async function referenceOf(tenancy: TenancyUnderTest, { credential }: Actor): Promise<string> {
  return (await tenancy.gateway.resolveCaller({ credential })).reference;
}

/** A tenant that a person runs. */
export async function tenantRunBy(tenancy: TenancyUnderTest, admin: Actor, slug: string, parentId = '') {
  const tenant = await tenancy.staff.createTenant({ parentId, slug, displayName: slug });
  const { secret } = await tenancy.staff.inviteTenantAdmin({ tenantId: tenant.id, email: emailOf(admin) });
  await admin.acceptInvitation({ secret });
  return tenant;
}

/** A project of a tenant, and who is in it; the first owner is invited by the tenant's admin. */
export async function projectWith(
  admin: Actor,
  tenantId: string,
  slug: string,
  people: { owner?: Actor; members?: Actor[]; viewers?: Actor[] } = {},
) {
  const { project } = await admin.createProject({ tenantId, slug, displayName: slug });
  const ref = project ?? { tenantId: '', projectId: '' };
  const join = async (person: Actor, role: Role) => {
    const { secret } = await admin.inviteProjectMember({ project: ref, email: emailOf(person), role });
    await person.acceptInvitation({ secret });
  };
  if (people.owner) await join(people.owner, Role.OWNER);
  for (const member of people.members ?? []) await join(member, Role.MEMBER);
  for (const viewer of people.viewers ?? []) await join(viewer, Role.VIEWER);
  return { tenantId: ref.tenantId, projectId: ref.projectId };
}

export function emailOf({ credential }: Actor): string {
  return credential.case === 'identity' ? (credential.value.email ?? '') : '';
}

/** A university that Ada runs, with a project that Otto owns and where Mia works and Vera looks. */
export async function university(tenancy: TenancyUnderTest) {
  const [ada, otto, mia, vera, eve] = ['ada', 'otto', 'mia', 'vera', 'eve'].map((name) => tenancy.person(name));
  if (!ada || !otto || !mia || !vera || !eve) throw new Error('Five people are needed.');
  const { id: tenantId } = await tenantRunBy(tenancy, ada, 'university');
  const project = await projectWith(ada, tenantId, 'vision', { owner: otto, members: [mia], viewers: [vera] });
  return { tenantId, project, ada, otto, mia, vera, eve };
}
