import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import {
  Member_Role as Role,
  type LeaveProjectRequest,
  type ListMembersResponseSchema,
  type ListProjectMembersRequest,
  type MemberSchema,
  type RemoveProjectMemberRequest,
  type SetProjectMemberRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { OLDEST_FIRST, pageOf } from '@kontor/kit/page';
import { personOf } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { closeProjectBehind } from './close-behind.ts';
import { namesOf } from './people.ts';
import type { Ports } from './ports.ts';
import { findProject, lockProject } from './projects.ts';
import { PersonRow, ProjectMemberRow, type ProjectRow } from './tables.ts';

export type MemberMessage = MessageInitShape<typeof MemberSchema>;
export type Members = MessageInitShape<typeof ListMembersResponseSchema>;

/** Those who came first, first. */
export function listProjectMembers({ db }: Ports, request: ListProjectMembersRequest): Promise<Members> {
  const { tenantId, projectId } = projectOf(request);
  const { size, after, cut } = pageOf(request, OLDEST_FIRST);
  return inScope(db, { tenantId }, async (tx) => {
    const project = await findProject(tx, tenantId, projectId);
    const query = tx
      .createQueryBuilder(ProjectMemberRow, 'member')
      .where({ tenantId, projectId })
      .orderBy('member.since')
      .addOrderBy('member.personId')
      .limit(size + 1);
    if (after) query.andWhere('(member.since, member.personId) > (:since, :id)', { since: after[0], id: after[1] });
    const { items, page } = cut(await query.getMany(), ({ since, personId }) => [since, personId]);
    const names = await namesOf(tx, items);
    return { members: items.map((row) => toMember(project, row, names.get(row.personId))), page };
  });
}

/** @throws Problem project_not_found, member_not_found, owner_stays */
export function setProjectMember(
  { db, clock }: Ports,
  request: SetProjectMemberRequest,
  { actor }: Call,
): Promise<MemberMessage> {
  const { tenantId, projectId } = projectOf(request);
  const { personId, role } = request;
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const { project, member } = await lockMember(tx, tenantId, projectId, personId);
    const person = await tx.findOneByOrFail(PersonRow, { id: personId });
    if (member.role !== role) {
      await tx.update(ProjectMemberRow, { projectId, personId }, { role });
      const before = { member: person.reference, role: Role[member.role] };
      const after = { member: person.reference, role: Role[role] };
      const entry = { actor, action: 'project.set-member', tenantId, subject: projectId, before, after };
      await journal(tx, [{ at, ...entry }]);
    }
    // The roles of the contract count down: a viewer's number is above a member's.
    if (role > member.role) await closeProjectBehind(tx, { tenantId, projectId }, person, { actor, at });
    return toMember(project, { ...member, role }, person);
  });
}

/** @throws Problem project_not_found, member_not_found, owner_stays */
export const removeProjectMember = (ports: Ports, request: RemoveProjectMemberRequest, { actor }: Call) =>
  endMembership(ports, projectOf(request), request.personId, actor, 'project.remove-member');

/** @throws Problem project_not_found, member_not_found (who runs the tenant and is no member), owner_stays */
export const leaveProject = (ports: Ports, request: LeaveProjectRequest, call: Call) =>
  endMembership(ports, projectOf(request), personOf(call).id, call.actor, 'project.leave');

function endMembership(
  { db, clock }: Ports,
  { tenantId, projectId }: ProjectRef,
  personId: string,
  actor: string,
  action: string,
): Promise<Record<string, never>> {
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const { member } = await lockMember(tx, tenantId, projectId, personId);
    await tx.delete(ProjectMemberRow, { projectId, personId });
    const person = await tx.findOneByOrFail(PersonRow, { id: personId });
    const before = { member: person.reference, role: Role[member.role] };
    await journal(tx, [{ at, actor, action, tenantId, subject: projectId, before }]);
    await closeProjectBehind(tx, { tenantId, projectId }, person, { actor, at });
    return {};
  });
}

/** A member who is not the owner, and the project, which nobody else changes until the transaction ends. */
async function lockMember(tx: EntityManager, tenantId: string, projectId: string, personId: string) {
  const project = await lockProject(tx, tenantId, projectId);
  const member = await tx.findOneBy(ProjectMemberRow, { tenantId, projectId, personId });
  if (!member) throw Problem.notFound('member', personId);
  if (project.ownerId === personId) {
    throw Problem.refused(
      'owner_stays',
      'The person owns the project.',
      'Hand the project over to another member first.',
    );
  }
  return { project, member };
}

export const toMember = (
  { ownerId }: Pick<ProjectRow, 'ownerId'>,
  { tenantId, projectId, personId, role, since }: ProjectMemberRow,
  person: Pick<PersonRow, 'name' | 'email'> | undefined,
): MemberMessage => ({
  tenantId,
  projectId,
  personId,
  role: personId === ownerId ? Role.OWNER : role,
  name: person?.name ?? '',
  email: person?.email ?? '',
  since: timestampFromDate(since),
});
