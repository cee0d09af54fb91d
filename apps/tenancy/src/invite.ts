import type { MessageInitShape } from '@bufbuild/protobuf';
import {
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
import { openAt, placeOf, toInvitation } from './invitations.ts';
import type { Ports } from './ports.ts';
import { lockProject } from './projects.ts';
import { newSecret } from './secret.ts';
import { InvitationRow } from './tables.ts';
import { lockTenant } from './tenants.ts';

type NewInvitation = MessageInitShape<typeof NewInvitationSchema>;

const GOOD_FOR_MS = 14 * 24 * 3_600_000;

/** @throws Problem tenant_not_found, already_invited */
export function inviteTenantAdmin(
  { db, clock }: Ports,
  { tenantId, email }: InviteTenantAdminRequest,
  { actor }: Call,
): Promise<NewInvitation> {
  return inScope(db, { tenantId }, async (tx) => {
    await lockTenant(tx, tenantId);
    return invite(tx, { tenantId, projectId: null, role: Role.TENANT_ADMIN, email }, actor, clock.now());
  });
}

/** @throws Problem project_not_found, project_has_owner, owner_invited, already_invited */
export function inviteProjectMember(
  { db, clock }: Ports,
  request: InviteProjectMemberRequest,
  { actor }: Call,
): Promise<NewInvitation> {
  const { tenantId, projectId } = projectOf(request);
  const { role, email } = request;
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const { ownerId } = await lockProject(tx, tenantId, projectId);
    if (role === Role.OWNER) {
      if (ownerId) throw projectHasOwner();
      const isOffered = await tx.existsBy(InvitationRow, { tenantId, projectId, role, ...openAt(at) });
      const help = 'Wait until it is taken up, or take it back.';
      if (isOffered) throw Problem.refused('owner_invited', 'Somebody is invited to own the project.', help);
    }
    return invite(tx, { tenantId, projectId, role, email }, actor, at);
  });
}

export const projectHasOwner = (): Problem =>
  Problem.refused('project_has_owner', 'The project has an owner.', 'Invite a member, and hand the project over then.');

/** Writes the invitation. The lock on its place keeps a second one to the same address away. */
async function invite(
  tx: EntityManager,
  offer: Pick<InvitationRow, 'tenantId' | 'projectId' | 'role'> & { email: string },
  actor: string,
  at: Date,
): Promise<NewInvitation> {
  const emailKey = emailKeyOf(offer.email);
  if (await tx.existsBy(InvitationRow, { ...placeOf(offer), emailKey, ...openAt(at) })) {
    throw Problem.conflict('already_invited', 'The address has an open invitation.', 'Take that one back first.');
  }
  const { secret, secretSha256 } = newSecret('kinv');
  const invitation: InvitationRow = {
    ...offer,
    id: uuid7(),
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
  await tx.insert(InvitationRow, invitation);
  const { id, tenantId, projectId, role, expiresAt } = invitation;
  const after = { projectId, role: Role[role], expiresAt };
  await journal(tx, [{ at, actor, action: 'invitation.create', tenantId, subject: id, after }]);
  return { invitation: toInvitation(invitation, at), secret };
}
