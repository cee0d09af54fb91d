import { create } from '@bufbuild/protobuf';
import { ListSuspendedProjectsResponseSchema } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Ports } from '../src/ports.ts';

/** What compute asks of tenancy, which here knows only which projects are suspended. */
export class FakeTenancy {
  readonly suspended = new Set<string | undefined>();
  /** The most projects that were asked about at once. */
  askedMax = 0;

  readonly listSuspendedProjects: Ports['tenancy']['listSuspendedProjects'] = async ({ projects = [] }) => {
    this.askedMax = Math.max(this.askedMax, projects.length);
    return create(ListSuspendedProjectsResponseSchema, {
      projects: projects.filter(({ projectId }) => this.suspended.has(projectId)),
    });
  };
}
