import type { UpdateProjectRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { projectOf } from '@kontor/kit/project-of';
import { requireNewest } from '@kontor/kit/resource-version';
import { inScope } from '@kontor/kit/tenant-scope';
import type { Ports } from './ports.ts';
import { lockProject, toProject, type ProjectMessage } from './projects.ts';
import { ProjectRow } from './tables.ts';

/**
 * Changes a project's display name.
 *
 * @throws Problem project_not_found, stale_version
 */
export async function updateProject(
  { db, clock }: Ports,
  request: UpdateProjectRequest,
  { actor }: Call,
): Promise<ProjectMessage> {
  const { tenantId, projectId: id } = projectOf(request);
  return inScope(db, { tenantId }, async (tx) => {
    const project = await lockProject(tx, tenantId, id);
    requireNewest('project', project.resourceVersion, request.resourceVersion);
    const { displayName } = request;
    if (displayName === project.displayName) return toProject(project);
    const resourceVersion = project.resourceVersion + 1n;
    await tx.update(ProjectRow, { id }, { displayName, resourceVersion });
    const [before, after] = [{ displayName: project.displayName }, { displayName }];
    await journal(tx, [{ at: clock.now(), actor, action: 'project.update', tenantId, subject: id, before, after }]);
    return toProject({ ...project, displayName, resourceVersion });
  });
}
