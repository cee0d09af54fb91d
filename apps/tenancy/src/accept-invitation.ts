import {
  Invitation_State as State,
  Member_Role as Role,
  Project_State,
  type AcceptInvitationRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { personOf } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { emailKeyOf } from './email-key.ts';
import { invitationAccepted, stateOf } from './invitations.ts';
import { projectHasOwner } from './invite.ts';
import { keepPerson } from './people.ts';
import { changesAreCovered } from './membership-changes.ts';
import type { Ports } from './ports.ts';
import { toMember, type MemberMessage } from './project-members.ts';
import { lockProject } from './projects.ts';
import { digestOf } from './secret.ts';
import { InvitationRow, ProjectMemberRow, ProjectRow, TenantAdminRow, type PersonRow } from './tables.ts';
import { toAdmin } from './tenant-admins.ts';
import { lockTenant } from './tenants.ts';

/**
 * Takes up an invitation, once. Whoever took it up and sends it again gets the same answer, while they belong there.
 *
 * @throws Problem invitation_not_found, invitation_accepted, invitation_revoked, invitation_expired,
 * email_not_verified, invitation_for_another, tenant_suspended, project_suspended, already_member, project_has_owner
 */
export function acceptInvitation(
  { db, clock }: Ports,
  { secret }: AcceptInvitationRequest,
  call: Call,
): Promise<MemberMessage> {
  const at = clock.now();
  return inScope(db, 'all', async (tx) => {
    // Which tenant it is about only the invitation says.
    const found = await tx.findOneBy(InvitationRow, { secretSha256: digestOf(secret) });
    if (!found) throw invitationNotFound();
    const { id, tenantId } = found;
    const isSuspended = await isTenantSuspended(tx, tenantId);

    await enterScope(tx, { tenantId });
    const place = await lockPlace(tx, found);
    const person = await keepPerson(tx, personOf(call).id);
    const invitation = await tx.findOne(InvitationRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!invitation) throw invitationNotFound();
    if (invitation.acceptedBy === person.id) return membership(tx, place, person, tenantId);
    requireGood(invitation, person, at);
    if (isSuspended) throw suspended('tenant');
    if (place?.state === Project_State.SUSPENDED) throw suspended('project');

    await changesAreCovered(tx);
    const project = place ? await join(tx, place, person.id, invitation.role, at) : null;
    if (!place) await run(tx, tenantId, person.id, at);
    const over = { acceptedAt: at, acceptedBy: person.id, email: null, emailKey: null };
    await tx.update(InvitationRow, { id }, over);
    const after = { member: person.reference, role: Role[invitation.role], projectId: invitation.projectId };
    const entry = { actor: call.actor, action: 'invitation.accept', tenantId, subject: id, after };
    await journal(tx, [{ at, ...entry }]);
    return membership(tx, project, person, tenantId);
  });
}

async function isTenantSuspended(tx: EntityManager, tenantId: string): Promise<boolean> {
  const [row] = await tx.query<{ suspended: boolean }[]>(
    'SELECT tenant_suspended AS suspended FROM scope_asked($1, NULL)',
    [tenantId],
  );
  return row?.suspended ?? false;
}

/** The project that it opens, or nothing for a tenant; nobody else changes who belongs there meanwhile. */
async function lockPlace(tx: EntityManager, { tenantId, projectId }: InvitationRow): Promise<ProjectRow | null> {
  if (projectId) return lockProject(tx, tenantId, projectId);
  await lockTenant(tx, tenantId);
  return null;
}

/** Says nothing of whom the invitation is for. */
function requireGood(invitation: InvitationRow, person: PersonRow, now: Date): void {
  const state = stateOf(invitation, now);
  const help = 'Ask whoever invited you for a new invitation.';
  if (state === State.ACCEPTED) throw invitationAccepted();
  if (state === State.REVOKED) throw Problem.refused('invitation_revoked', 'The invitation was taken back.', help);
  if (state === State.EXPIRED) throw Problem.refused('invitation_expired', 'The invitation has expired.', help);
  if (!person.isEmailVerified) {
    const how = 'Have it verified where you sign in, and sign in again.';
    throw Problem.refused('email_not_verified', 'Your e-mail address is not verified.', how);
  }
  if (emailKeyOf(person.email) !== invitation.emailKey) {
    throw Problem.forbidden('invitation_for_another', 'The invitation is for another e-mail address.', help);
  }
}

const invitationNotFound = (): Problem => Problem.notFound('invitation', 'with this secret');

const suspended = (what: 'tenant' | 'project'): Problem =>
  Problem.refused(`${what}_suspended`, `The ${what} is suspended.`, 'Try again once work goes on there.');

const alreadyMember = (): Problem =>
  Problem.conflict('already_member', 'You belong there already.', 'Ask the owner to change what you may do.');

async function run(tx: EntityManager, tenantId: string, personId: string, since: Date): Promise<void> {
  if (await tx.existsBy(TenantAdminRow, { tenantId, personId })) throw alreadyMember();
  await tx.insert(TenantAdminRow, { tenantId, personId, since });
}

/** Makes somebody a member, or a member more than they were. */
async function join(
  tx: EntityManager,
  project: ProjectRow,
  personId: string,
  offered: Role,
  since: Date,
): Promise<ProjectRow> {
  const { id, tenantId, ownerId, resourceVersion } = project;
  if (offered === Role.OWNER && ownerId) throw projectHasOwner();
  const role = offered === Role.VIEWER ? Role.VIEWER : Role.MEMBER;
  const member = await tx.findOneBy(ProjectMemberRow, { tenantId, projectId: id, personId });
  // The roles of the contract count down: the owner's is the lowest number.
  if (member && (ownerId === personId || member.role <= offered)) throw alreadyMember();
  if (member) await tx.update(ProjectMemberRow, { projectId: id, personId }, { role });
  else await tx.insert(ProjectMemberRow, { tenantId, projectId: id, personId, role, since });
  if (offered !== Role.OWNER) return project;
  const owned = { ownerId: personId, resourceVersion: resourceVersion + 1n };
  await tx.update(ProjectRow, { id }, owned);
  return { ...project, ...owned };
}

/** @throws Problem invitation_accepted, where the membership has ended since */
async function membership(
  tx: EntityManager,
  project: ProjectRow | null,
  person: PersonRow,
  tenantId: string,
): Promise<MemberMessage> {
  const personId = person.id;
  if (!project) {
    const admin = await tx.findOneBy(TenantAdminRow, { tenantId, personId });
    if (admin) return toAdmin(admin, person);
  } else {
    const member = await tx.findOneBy(ProjectMemberRow, { projectId: project.id, personId });
    if (member) return toMember(project, member, person);
  }
  throw invitationAccepted();
}
