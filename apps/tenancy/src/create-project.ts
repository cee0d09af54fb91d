import { Project_State as State, type CreateProjectRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { projectIdOf } from './ids.ts';
import type { Ports } from './ports.ts';
import { toProject, type ProjectMessage } from './projects.ts';
import { ProjectRow } from './tables.ts';
import { findTenant } from './tenants.ts';

/**
 * Creates a project, which has no owner until somebody takes up an invitation. The same tenant, slug and name again is
 * the same project.
 *
 * @throws Problem tenant_not_found, project_exists
 */
export async function createProject(
  { db, clock }: Ports,
  { tenantId, slug, displayName }: CreateProjectRequest,
  { actor }: Call,
): Promise<ProjectMessage> {
  const id = projectIdOf(tenantId, slug);
  return inScope(db, { tenantId }, async (tx) => {
    await findTenant(tx, tenantId);
    const project: ProjectRow = {
      id,
      tenantId,
      slug,
      displayName,
      state: State.ACTIVE,
      ownerId: null,
      suspendedByOperator: false,
      resourceVersion: 1n,
      createdAt: clock.now(),
    };
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(ProjectRow)
      .values(project)
      .orIgnore()
      .returning('id')
      .execute();
    const isNew = (raw as object[]).length > 0;
    if (!isNew) return toProject(same(await tx.findOneByOrFail(ProjectRow, { id }), displayName));
    const after = { slug, displayName };
    await journal(tx, [{ at: project.createdAt, actor, action: 'project.create', tenantId, subject: id, after }]);
    return toProject(project);
  });
}

function same(project: ProjectRow, displayName: string): ProjectRow {
  if (project.displayName === displayName) return project;
  throw Problem.conflict(
    'project_exists',
    `A project ${project.slug} exists in this tenant, and is another one.`,
    'Take another slug.',
  );
}
