import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ErasePersonRequest, ErasePersonResponseSchema } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { personOf } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { emailKeyOf } from './email-key.ts';
import { endInvitations, type Occasion } from './invitations.ts';
import { changesAreCovered } from './membership-changes.ts';
import type { Ports } from './ports.ts';
import { ErasedPersonRow, InvitationRow, PersonRow, ProjectRow } from './tables.ts';

/**
 * Forgets a person: identity, name, address, salt, memberships and invitations to the address are gone. What is left is
 * the reference, which nothing leads back from; each tenant to which they belonged has a record of its own. Nobody can
 * keep it from happening: a project that the person owned has no owner then, and a tenant that nobody else ran has no
 * admin, until somebody is invited.
 *
 * @throws Problem self_erasure; person_not_found, also when they were erased before
 */
export function erasePerson(
  { db, clock }: Ports,
  { personId, reason }: ErasePersonRequest,
  call: Call,
): Promise<MessageInitShape<typeof ErasePersonResponseSchema>> {
  // Who is somebody new could agree to what they asked for themselves.
  if (personOf(call).id === personId) throw selfErasure();
  const { actor } = call;
  const at = clock.now();
  return inScope(db, 'all', async (tx) => {
    // Who is about to make them a member holds this lock in a weaker form, and finds nobody once it is given.
    const person = await tx.findOne(PersonRow, { where: { id: personId }, lock: { mode: 'pessimistic_write' } });
    if (!person) throw Problem.notFound('person', personId);
    const ownerless = await disown(tx, personId);
    const left = await endMemberships(tx, personId);
    // An address that is not verified may be somebody else's, who is still to be invited.
    if (person.isEmailVerified) await forgetInvitations(tx, person.email, { actor, at });
    await tx.delete(PersonRow, { id: personId });

    const { reference, mutations = 1n } = person;
    const erased = { reference, erasedAt: at, projectsOwned: ownerless.length, tenants: left.length, mutations };
    await tx.insert(ErasedPersonRow, erased);
    const before = { tenants: left.map(({ tenantId }) => tenantId) };
    const after = { reason, ownerlessProjects: ownerless };
    await journal(tx, [
      ...left.map((place) => ({
        at,
        actor,
        action: 'tenant.forget-member',
        ...whatTenantLost(place, reference, ownerless),
      })),
      { at, actor, action: 'person.erase', subject: reference, before, after },
    ]);
    return { reference, ownerlessProjects: ownerless };
  });
}

const selfErasure = (): Problem =>
  Problem.forbidden('self_erasure', 'Nobody erases themselves.', 'Ask a colleague of operator staff to do it.');

interface Place {
  tenantId: string;
  projectId: string;
}

/** A tenant to which a person belonged. */
interface Left {
  tenantId: string;
  projects: string[];
  ranTenant: boolean;
}

async function endMemberships(tx: EntityManager, personId: string): Promise<Left[]> {
  await changesAreCovered(tx);
  return tx.query(
    `WITH member AS (DELETE FROM project_member WHERE person_id = $1 RETURNING tenant_id, project_id),
          admin AS (DELETE FROM tenant_admin WHERE person_id = $1 RETURNING tenant_id)
     SELECT tenant_id AS "tenantId", array_remove(array_agg(project_id::text ORDER BY project_id), NULL) AS projects,
            bool_or(project_id IS NULL) AS "ranTenant"
       FROM (SELECT * FROM member UNION ALL SELECT tenant_id, NULL FROM admin) AS place
      GROUP BY tenant_id ORDER BY tenant_id`,
    [personId],
  );
}

/** Each tenant's own record, so that whoever looks at one sees why a member is gone, and nothing of other tenants. */
function whatTenantLost({ tenantId, projects, ranTenant }: Left, member: string, ownerless: Place[]) {
  const ownerlessProjects = ownerless.filter((place) => place.tenantId === tenantId).map(({ projectId }) => projectId);
  return { tenantId, subject: tenantId, before: { member, projects, ranTenant }, after: { ownerlessProjects } };
}

/** Locks the projects of which a person is a member, as all do who change memberships, and takes what they own. */
async function disown(tx: EntityManager, personId: string): Promise<Place[]> {
  await tx.query(
    `SELECT FROM project WHERE id IN (SELECT project_id FROM project_member WHERE person_id = $1)
      ORDER BY id FOR UPDATE`,
    [personId],
  );
  const { raw } = await tx
    .createQueryBuilder()
    .update(ProjectRow)
    .set({ ownerId: null, resourceVersion: () => 'resource_version + 1' })
    .where('owner_id = :personId', { personId })
    .returning('tenant_id AS "tenantId", id AS "projectId"')
    .execute();
  return raw as Place[];
}

/** Those that are over name no address any more; those that have just expired still do. */
async function forgetInvitations(tx: EntityManager, email: string, occasion: Occasion): Promise<void> {
  const where = { emailKey: emailKeyOf(email) };
  const lock = { mode: 'pessimistic_write' } as const;
  await endInvitations(tx, await tx.find(InvitationRow, { where, order: { id: 'ASC' }, lock }), occasion, 'forget');
}
