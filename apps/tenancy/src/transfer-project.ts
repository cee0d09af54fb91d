import { Member_Role, type TransferProjectRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { changesAreCovered } from './membership-changes.ts';
import { referenceOf } from './people.ts';
import type { Ports } from './ports.ts';
import { lockProject, toProject, type ProjectMessage } from './projects.ts';
import { ProjectMemberRow, ProjectRow } from './tables.ts';

/**
 * Makes another member the owner; the owner before becomes a member. A project without an owner gets one.
 *
 * @throws Problem project_not_found, not_a_member
 */
export async function transferProject(
  { db, clock }: Ports,
  request: TransferProjectRequest,
  { actor }: Call,
): Promise<ProjectMessage> {
  const { tenantId, projectId: id } = projectOf(request);
  const { ownerId } = request;
  return inScope(db, { tenantId }, async (tx) => {
    const project = await lockProject(tx, tenantId, id);
    if (project.ownerId === ownerId) return toProject(project);
    await changesAreCovered(tx);
    // Should they hand it on one day, they stay a member, also where they were a viewer before.
    const { affected } = await tx.update(
      ProjectMemberRow,
      { projectId: id, personId: ownerId },
      { role: Member_Role.MEMBER },
    );
    if (!affected) {
      const help = 'Invite them into the project first.';
      throw Problem.refused('not_a_member', `The person ${ownerId} is no member of the project.`, help);
    }
    const resourceVersion = project.resourceVersion + 1n;
    await tx.update(ProjectRow, { id }, { ownerId, resourceVersion });
    const before = { owner: project.ownerId && (await referenceOf(tx, project.ownerId)) };
    const after = { owner: await referenceOf(tx, ownerId) };
    await journal(tx, [{ at: clock.now(), actor, action: 'project.transfer', tenantId, subject: id, before, after }]);
    return toProject({ ...project, ownerId, resourceVersion });
  });
}
