import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Invitation_State as State,
  type InvitationSchema,
  type ListInvitationsRequest,
  type ListInvitationsResponseSchema,
  type RevokeInvitationRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { In, IsNull, MoreThan, Not, type EntityManager } from 'typeorm';
import type { Ports } from './ports.ts';
import { InvitationRow } from './tables.ts';

export type InvitationMessage = MessageInitShape<typeof InvitationSchema>;

/** An invitation opens either a tenant or a project, and is looked for only there. */
export const placeOf = ({ tenantId, projectId }: { tenantId: string; projectId: string | null }) => ({
  tenantId,
  projectId: projectId || IsNull(),
});

/** Those that are open, and those that nobody took up in time, soon without their address. Newest first. */
export async function listInvitations(
  { db, clock }: Ports,
  request: ListInvitationsRequest,
): Promise<MessageInitShape<typeof ListInvitationsResponseSchema>> {
  const { size, after, cut } = pageOf(request, NEWEST_FIRST);
  const rows = await inScope(db, { tenantId: request.tenantId }, (tx) => {
    const query = tx
      .createQueryBuilder(InvitationRow, 'invitation')
      .where({ ...placeOf(request), acceptedAt: IsNull(), revokedAt: IsNull(), forgottenAt: IsNull() })
      .orderBy('invitation.createdAt', 'DESC')
      .addOrderBy('invitation.id', 'DESC')
      .limit(size + 1);
    if (after) query.andWhere('(invitation.createdAt, invitation.id) < (:at, :id)', { at: after[0], id: after[1] });
    return query.getMany();
  });
  const { items, page } = cut(rows, ({ createdAt, id }) => [createdAt, id]);
  return { invitations: items.map((row) => toInvitation(row, clock.now())), page };
}

/**
 * Takes an invitation back, and forgets whom it was for. One that was taken back already stays so.
 *
 * @throws Problem invitation_not_found, invitation_accepted
 */
export function revokeInvitation(
  { db, clock }: Ports,
  request: RevokeInvitationRequest,
  { actor }: Call,
): Promise<InvitationMessage> {
  const { tenantId, id } = request;
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const where = { ...placeOf(request), id };
    const invitation = await tx.findOne(InvitationRow, { where, lock: { mode: 'pessimistic_write' } });
    if (!invitation) throw Problem.notFound('invitation', id);
    if (invitation.acceptedAt) throw invitationAccepted();
    if (isTakenBack(invitation)) return toInvitation(invitation, at);
    await endInvitations(tx, [invitation], { actor, at }, 'revoke');
    return toInvitation({ ...invitation, revokedAt: at }, at);
  });
}

/** Who does something, and when. */
export interface Occasion {
  actor: string;
  at: Date;
}

/**
 * Ends invitations that nobody took up, each with its own record, and forgets whom they were for: because somebody took
 * them back, or the person was erased. They must be locked.
 */
export async function endInvitations(
  tx: EntityManager,
  invitations: InvitationRow[],
  { actor, at }: Occasion,
  how: 'revoke' | 'forget',
): Promise<void> {
  const ids = invitations.map(({ id }) => id);
  const over = how === 'revoke' ? { revokedAt: at } : { forgottenAt: at };
  await tx.update(InvitationRow, { id: In(ids) }, { ...over, email: null, emailKey: null });
  const after = { state: State[State.REVOKED] };
  await journal(
    tx,
    invitations.map((invitation) => {
      const { id: subject, tenantId } = invitation;
      const before = { state: State[stateOf(invitation, at)] };
      return { at, actor, action: `invitation.${how}`, tenantId, subject, before, after };
    }),
  );
}

/** What holds for every invitation that can still be taken up. */
export const openAt = (now: Date) => ({ email: Not(IsNull()), expiresAt: MoreThan(now) });

export const invitationAccepted = (): Problem =>
  Problem.conflict('invitation_accepted', 'The invitation has been taken up.', 'End the membership instead.');

const isTakenBack = ({ revokedAt, forgottenAt }: InvitationRow): boolean => revokedAt !== null || forgottenAt !== null;

export function stateOf(invitation: InvitationRow, now: Date): State {
  if (invitation.acceptedAt) return State.ACCEPTED;
  if (isTakenBack(invitation)) return State.REVOKED;
  return invitation.expiresAt <= now ? State.EXPIRED : State.OPEN;
}

export const toInvitation = (row: InvitationRow, now: Date): InvitationMessage => ({
  id: row.id,
  tenantId: row.tenantId,
  projectId: row.projectId ?? '',
  email: row.email ?? '',
  role: row.role,
  state: stateOf(row, now),
  expiresAt: timestampFromDate(row.expiresAt),
  createdAt: timestampFromDate(row.createdAt),
});
