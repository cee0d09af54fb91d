import { operatorTenant } from './operator-tenant.ts';
import type { People } from './people.ts';
import type { Rest } from './rest.ts';

interface Member {
  email: string;
  role: string;
}

interface Invitation {
  id: string;
  email: string;
}

const SLUG = 'digits';

/**
 * The sample researcher's project, as it comes to be anywhere: operator staff invite somebody to run the tenant, who
 * creates the project and invites the researcher to own it. Each step is done once, however often a start is killed.
 */
export async function foundSampleProject({ staff, admin, researcher }: People, operator: string): Promise<string> {
  const tenant = `/v1/tenants/${operatorTenant(operator)}`;
  await ensureMember(staff, admin, { path: tenant, members: 'admins', invitation: {} });
  const created = await admin.rest.post(`${tenant}/projects`, { slug: SLUG, displayName: 'Handwritten digits' });
  const { projectId } = (created as { project: { projectId: string } }).project;
  const path = `/v1/projects/${projectId}`;
  await ensureMember(admin, researcher, { path, members: 'members', invitation: { role: 'OWNER' } });
  return projectId;
}

interface Person {
  rest: Rest;
  email: string;
}

/** Invites a person who is not there yet, and has them take it up. */
async function ensureMember(
  host: Person,
  guest: Person,
  { path, members, invitation }: { path: string; members: string; invitation: object },
): Promise<void> {
  const present = (await host.rest.all(`${path}/${members}`, 'members')) as Member[];
  if (present.some(({ email }) => email === guest.email)) return;
  await revokeOpen(host, guest, path);
  const invited = await host.rest.post(`${path}/invitations`, { email: guest.email, ...invitation });
  await guest.rest.post('/v1/invitations/accept', { secret: (invited as { secret: string }).secret });
}

/** The secret of an invitation is shown once: one that a killed start made can no longer be taken up. */
async function revokeOpen(host: Person, guest: Person, path: string): Promise<void> {
  const invitations = (await host.rest.all(`${path}/invitations`, 'invitations')) as Invitation[];
  for (const { id } of invitations.filter(({ email }) => email === guest.email))
    await host.rest.post(`${path}/invitations/${id}/revoke`, {});
}
