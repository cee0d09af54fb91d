import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

describe('projects in which nobody works', () => {
  it('are told to compute: suspended themselves, or with a tenant above them, and no others', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada } = await university(tenancy);
    const { project: other } = await ada.createProject({ tenantId, slug: 'other', displayName: 'Other' });
    const nowhere = { tenantId: uuid7(), projectId: uuid7() };
    const suspended = async (): Promise<unknown[]> => {
      const { projects } = await tenancy.compute.listSuspendedProjects({ projects: [project, other!, nowhere] });
      return projects.map(({ projectId }) => projectId);
    };
    expect(await suspended()).toEqual([]);
    await tenancy.staff.suspendProject({ project, reason: 'a try' });
    expect(await suspended()).toEqual([project.projectId]);
    await tenancy.staff.suspendTenant({ tenantId, reason: 'a try' });
    expect(await suspended()).toEqual([project.projectId, other!.projectId]);
    await tenancy.staff.resumeTenant({ tenantId });
    await tenancy.staff.resumeProject({ project });
    expect(await suspended()).toEqual([]);
  });

  it('are told to no other service, and of at most a thousand at once', async () => {
    await using tenancy = await tenancyUnderTest();
    const projects = Array.from({ length: 1_001 }, () => ({ tenantId: uuid7(), projectId: uuid7() }));
    expect(await codeOf(tenancy.gateway.listSuspendedProjects({ projects: [] }))).toBe('caller_not_allowed');
    expect(await codeOf(tenancy.compute.listSuspendedProjects({ projects }))).toBe('invalid_request');
  });
});
