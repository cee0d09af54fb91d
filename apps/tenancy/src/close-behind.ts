import { enterScope } from '@kontor/kit/tenant-scope';
import { ArrayContains, In, IsNull, MoreThan, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { emailKeyOf } from './email-key.ts';
import { endInvitations, openAt, type Occasion } from './invitations.ts';
import { takeBackTokens } from './project-tokens.ts';
import { InvitationRow, ProjectTokenRow, TenantRow, type PersonRow } from './tables.ts';

/**
 * Who is gone from a project, or may do less there from now on, comes back by nothing that is still open: invitations
 * into it to their address, and invitations and tokens that they made, are taken back.
 */
export async function closeProjectBehind(
  tx: EntityManager,
  place: { tenantId: string; projectId: string },
  { email, reference }: PersonRow,
  occasion: Occasion,
): Promise<void> {
  await takeBackOpen(tx, occasion, [
    { ...place, emailKey: emailKeyOf(email) },
    { ...place, invitedBy: reference },
  ]);
  const tokens = await tx.find(ProjectTokenRow, {
    where: { ...place, createdBy: reference, revokedAt: IsNull(), expiresAt: MoreThan(occasion.at) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  await takeBackTokens(tx, tokens, occasion);
}

/**
 * The same of a tenant. Who ran it could invite people, and so themselves under another address, into all that is in it
 * and below it. The rest of the transaction is in the scope of all.
 */
export async function closeTenantBehind(
  tx: EntityManager,
  tenantId: string,
  { email, reference }: PersonRow,
  occasion: Occasion,
): Promise<void> {
  await enterScope(tx, 'all');
  const tenants = await tx.find(TenantRow, { where: { path: ArrayContains([tenantId]) }, select: { id: true } });
  await takeBackOpen(tx, occasion, [
    { tenantId, projectId: IsNull(), emailKey: emailKeyOf(email) },
    { tenantId: In(tenants.map(({ id }) => id)), invitedBy: reference },
  ]);
}

/** Whoever is taking one of them up right now either was in time, or finds it taken back. */
async function takeBackOpen(
  tx: EntityManager,
  occasion: Occasion,
  which: FindOptionsWhere<InvitationRow>[],
): Promise<void> {
  const open = await tx.find(InvitationRow, {
    where: which.map((each) => ({ ...each, ...openAt(occasion.at) })),
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  await endInvitations(tx, open, occasion, 'revoke');
}
