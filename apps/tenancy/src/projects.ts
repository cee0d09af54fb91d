import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  GetProjectRequest,
  ListMyProjectsRequest,
  ListProjectsRequest,
  ListProjectsResponseSchema,
  ProjectSchema,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { pageOf, text } from '@kontor/kit/page';
import { personOf } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Ports } from './ports.ts';
import { ProjectRow } from './tables.ts';

export type ProjectMessage = MessageInitShape<typeof ProjectSchema>;
type Projects = MessageInitShape<typeof ListProjectsResponseSchema>;

export const getProject = ({ db }: Ports, request: GetProjectRequest): Promise<ProjectMessage> => {
  const { tenantId, projectId } = projectOf(request);
  return inScope(db, { tenantId }, async (tx) => toProject(await findProject(tx, tenantId, projectId)));
};

/** @throws Problem project_not_found, also for a project of another tenant */
export async function findProject(tx: EntityManager, tenantId: string, id: string): Promise<ProjectRow> {
  const project = await tx.findOneBy(ProjectRow, { tenantId, id });
  if (!project) throw Problem.notFound('project', id);
  return project;
}

/** As findProject; whoever else wants to change the project, or who belongs to it, waits. */
export async function lockProject(tx: EntityManager, tenantId: string, id: string): Promise<ProjectRow> {
  const project = await tx.findOne(ProjectRow, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  if (!project) throw Problem.notFound('project', id);
  return project;
}

export async function listProjects({ db }: Ports, request: ListProjectsRequest): Promise<Projects> {
  const { size, after, cut } = pageOf(request, z.tuple([text]));
  const { tenantId } = request;
  const rows = await inScope(db, { tenantId }, (tx) => {
    const query = tx
      .createQueryBuilder(ProjectRow, 'project')
      .where('project.tenantId = :tenantId', { tenantId })
      .orderBy('project.slug')
      .limit(size + 1);
    if (after) query.andWhere('project.slug > :slug', { slug: after[0] });
    return query.getMany();
  });
  const { items, page } = cut(rows, ({ slug }) => [slug]);
  return { projects: items.map(toProject), page };
}

/** Those the caller is a member of, in every tenant; running a tenant makes nobody a member. */
export async function listMyProjects({ db }: Ports, request: ListMyProjectsRequest, call: Call): Promise<Projects> {
  const { size, after, cut } = pageOf(request, z.tuple([z.uuid(), text]));
  const { id: personId } = personOf(call);
  const rows = await inScope(db, { personId }, (tx) => {
    const query = tx
      .createQueryBuilder(ProjectRow, 'project')
      .where('project.id IN (SELECT project_id FROM project_member WHERE person_id = :personId)', { personId })
      .orderBy('project.tenantId')
      .addOrderBy('project.slug')
      .limit(size + 1);
    if (after)
      query.andWhere('(project.tenantId, project.slug) > (:tenant, :slug)', { tenant: after[0], slug: after[1] });
    return query.getMany();
  });
  const { items, page } = cut(rows, ({ tenantId, slug }) => [tenantId, slug]);
  return { projects: items.map(toProject), page };
}

export const toProject = ({ id, tenantId, ownerId, createdAt, ...same }: ProjectRow): ProjectMessage => ({
  project: { tenantId, projectId: id },
  slug: same.slug,
  displayName: same.displayName,
  state: same.state,
  ownerId: ownerId ?? '',
  resourceVersion: same.resourceVersion,
  createdAt: timestampFromDate(createdAt),
  suspendedByOperator: same.suspendedByOperator,
});
