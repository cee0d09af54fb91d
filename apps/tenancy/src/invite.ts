import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Invitation_State as State,
  Member_Role as Role,
  type InviteProjectMemberRequest,
  type InviteTenantAdminRequest,
  type NewInvitationSchema,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { emailKeyOf } from './email-key.ts';
import { idTaken, whereIdIsFree } from './ids.ts';
import { openAt, placeOf, stateOf, toInvitation, type Occasion } from './invitations.ts';
import type { Ports } from './ports.ts';
import { lockProject } from './projects.ts';
import { newSecret } from './secret.ts';
import { InvitationRow } from './tables.ts';
import { lockTenant } from './tenants.ts';

type NewInvitation = MessageInitShape<typeof NewInvitationSchema>;

const GOOD_FOR_MS = 14 * 24 * 3_600_000;

/** @throws Problem tenant_not_found, already_invited, invitation_exists */
export function inviteTenantAdmin(
  { db, clock }: Ports,
  { tenantId, email, id }: InviteTenantAdminRequest,
  { actor }: Call,
): Promise<NewInvitation> {
  const occasion = { actor, at: clock.now() };
  return inScope(db, { tenantId }, async (tx) => {
    await lockTenant(tx, tenantId);
    const offer = { tenantId, projectId: null, role: Role.TENANT_ADMIN, email, id };
    return (await inviteAgain(tx, offer, occasion)) ?? invite(tx, offer, occasion);
  });
}

/** @throws Problem project_not_found, project_has_owner, owner_invited, already_invited, invitation_exists */
export function inviteProjectMember(
  { db, clock }: Ports,
  request: InviteProjectMemberRequest,
  { actor }: Call,
): Promise<NewInvitation> {
  const { tenantId, projectId } = projectOf(request);
  const { role, email, id } = request;
  const offer = { tenantId, projectId, role, email, id };
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const { ownerId } = await lockProject(tx, tenantId, projectId);
    const again = await inviteAgain(tx, offer, { actor, at });
    if (again) return again;
    if (role === Role.OWNER) {
      if (ownerId) throw projectHasOwner();
      const isOffered = await tx.existsBy(InvitationRow, { tenantId, projectId, role, ...openAt(at) });
      const help = 'Wait until it is taken up, or take it back.';
      if (isOffered) throw Problem.refused('owner_invited', 'Somebody is invited to own the project.', help);
    }
    return invite(tx, offer, { actor, at });
  });
}

export const projectHasOwner = (): Problem =>
  Problem.refused('project_has_owner', 'The project has an owner.', 'Invite a member, and hand the project over then.');

/** What is offered to whom; the id is empty where the caller has made none. */
type Offer = Pick<InvitationRow, 'tenantId' | 'projectId' | 'role' | 'id'> & { email: string };

/**
 * Another secret for the invitation that the same person sends again, because the first may never have arrived; nothing
 * where there is none of that id.
 *
 * @throws Problem invitation_exists, where what is sent is not the invitation as it is
 */
async function inviteAgain(
  tx: EntityManager,
  offer: Offer,
  { actor, at }: Occasion,
): Promise<NewInvitation | undefined> {
  const { tenantId, projectId, role, email, id } = offer;
  if (id === '') return undefined;
  const known = await tx.findOne(InvitationRow, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  if (!known) return undefined;
  const isSame = known.projectId === projectId && known.role === role && known.emailKey === emailKeyOf(email);
  if (!isSame || known.invitedBy !== actor || stateOf(known, at) !== State.OPEN) throw idTaken('invitation');
  const { secret, secretSha256 } = newSecret('kinv');
  await tx.update(InvitationRow, { tenantId, id }, { secretSha256 });
  const after = { projectId, role: Role[role], expiresAt: known.expiresAt };
  await journal(tx, [{ at, actor, action: 'invitation.replace-secret', tenantId, subject: id, after }]);
  return { invitation: toInvitation(known, at), secret };
}

/** Writes the invitation. The lock on its place keeps a second one to the same address away. */
async function invite(tx: EntityManager, offer: Offer, { actor, at }: Occasion): Promise<NewInvitation> {
  const emailKey = emailKeyOf(offer.email);
  if (await tx.existsBy(InvitationRow, { ...placeOf(offer), emailKey, ...openAt(at) })) {
    throw Problem.conflict('already_invited', 'The address has an open invitation.', 'Take that one back first.');
  }
  const { secret, secretSha256 } = newSecret('kinv');
  const invitation: InvitationRow = {
    ...offer,
    id: offer.id || uuid7(),
    emailKey,
    secretSha256,
    invitedBy: actor,
    createdAt: at,
    expiresAt: new Date(at.getTime() + GOOD_FOR_MS),
    acceptedAt: null,
    acceptedBy: null,
    revokedAt: null,
    forgottenAt: null,
    expiredAt: null,
  };
  await tx.insert(InvitationRow, invitation).catch(whereIdIsFree('invitation'));
  const { id, tenantId, projectId, role, expiresAt } = invitation;
  const after = { projectId, role: Role[role], expiresAt };
  await journal(tx, [{ at, actor, action: 'invitation.create', tenantId, subject: id, after }]);
  return { invitation: toInvitation(invitation, at), secret };
}
