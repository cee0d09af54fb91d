import { uuid5, uuid7 } from '@kontor/kit/id';
import type { Operator } from './operator.ts';

/** Amounts of the assets that a project starts with, by asset. */
export type Means = Record<string, bigint>;

/** Tenant that every operator has from the start. */
export const TENANT = uuid5('tenant', 'demo');

const admins = new WeakMap<Operator, Promise<void>>();

/**
 * A project of an operator's own tenant as one comes to be: operator staff invite a tenant admin, who creates it and
 * invites the researcher to own it. Answers its id.
 */
export async function foundProject(operator: Operator, slug: string): Promise<string> {
  if (!admins.has(operator)) admins.set(operator, inviteAdmin(operator));
  await admins.get(operator);
  const admin = operator.as('admin');
  const created = await admin.done(`/v1/tenants/${TENANT}/projects`, { slug, displayName: slug });
  const { projectId } = (created as { project: { projectId: string } }).project;
  const path = `/v1/projects/${projectId}/invitations`;
  const invited = await admin.done(path, { email: 'researcher@demo.example', role: 'OWNER' });
  await operator.as('researcher').done('/v1/invitations/accept', { secret: secretOf(invited) });
  return projectId;
}

/** Grants a project amounts out of the operator's treasury. */
export async function grantTo(operator: Operator, projectId: string, means: Means): Promise<void> {
  const staff = operator.as('staff');
  const open = async (account: object): Promise<string> =>
    ((await staff.done('/v1/accounts', account)) as { id: string }).id;
  for (const [asset, amount] of Object.entries(means)) {
    const debitAccountId = await open({ purpose: 'TREASURY', asset });
    const creditAccountId = await open({ purpose: 'PROJECT', asset, project: { tenantId: TENANT, projectId } });
    // Nothing is not moved: the account is open, and empty.
    if (amount === 0n) continue;
    const transfer = { id: uuid7(), debitAccountId, creditAccountId, amount: String(amount), reason: 'GRANT' };
    await staff.done('/v1/transfers', transfer);
  }
}

/** Has a class cost so much from now on: one of operator staff proposes it, and another one, known before, agrees. */
export async function setRate(operator: Operator, acceleratorClass: string, ucrPerDeviceHour: bigint): Promise<void> {
  const id = uuid7();
  const matter = { rate: { acceleratorClass, ucrPerDeviceHour: String(ucrPerDeviceHour) } };
  await operator.as('staff2').get('/v1/me');
  await operator.as('staff').done('/v1/changes', { id, matter, reason: 'For a test.' });
  await operator.as('staff2').done(`/v1/changes/${id}/agree`, {});
}

async function inviteAdmin(operator: Operator): Promise<void> {
  const path = `/v1/tenants/${TENANT}/invitations`;
  const invited = await operator.as('staff').done(path, { email: 'admin@demo.example' });
  await operator.as('admin').done('/v1/invitations/accept', { secret: secretOf(invited) });
}

const secretOf = (invited: unknown): string => (invited as { secret: string }).secret;
