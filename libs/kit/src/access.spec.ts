import { ProjectRefSchema } from '@kontor/contracts/resource/v1/resource';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { personWith } from '@kontor/testing/acting-for';
import { accessOf, admit, scopeOf } from './access.ts';
import type { Scope } from './person.ts';

const [TENANT, OTHER_TENANT, PROJECT, OTHER_PROJECT] = ['1', '2', '3', '4'].map(
  (digit) => `00000000-0000-7000-8000-00000000000${digit}`,
) as [string, string, string, string];

describe('a role', () => {
  const { PROJECT_MEMBER, PROJECT_VIEWER, TENANT_ADMIN, TENANT_OBSERVER, OPERATOR_STAFF, AUDITOR, SIGNED_IN } = Role;
  const project = { tenantId: TENANT, projectId: PROJECT };

  it.each([
    ['in the project of the request', [PROJECT_MEMBER], [PROJECT_MEMBER], project, project, 'in'],
    ['in another project', [PROJECT_MEMBER], [PROJECT_MEMBER], { ...project, projectId: OTHER_PROJECT }, project, 404],
    ['in a project of that id elsewhere', [PROJECT_MEMBER], [PROJECT_MEMBER], elsewhere(PROJECT), project, 404],
    [
      'in another project of the tenant',
      [PROJECT_MEMBER],
      [Role.TENANT_MEMBER, PROJECT_MEMBER],
      { ...project, projectId: OTHER_PROJECT },
      project,
      404,
    ],
    ['that is too small', [PROJECT_MEMBER], [PROJECT_VIEWER], project, project, 403],
    ['in the tenant of the request', [TENANT_ADMIN], [TENANT_ADMIN], project, { tenantId: TENANT }, 'in'],
    ['in the tenant of a project', [TENANT_ADMIN], [TENANT_ADMIN], project, project, 'in'],
    ['as somebody who may look at it', [TENANT_OBSERVER], [TENANT_OBSERVER], project, { tenantId: TENANT }, 'in'],
    [
      'as somebody who may look at another',
      [TENANT_OBSERVER],
      [TENANT_OBSERVER],
      { tenantId: OTHER_TENANT },
      project,
      404,
    ],
    ['in another tenant', [TENANT_ADMIN], [TENANT_ADMIN], { tenantId: OTHER_TENANT }, { tenantId: TENANT }, 404],
    ['of the operator', [PROJECT_VIEWER, OPERATOR_STAFF], [OPERATOR_STAFF], undefined, project, 'in'],
    ['of the operator where it is not enough', [PROJECT_MEMBER], [OPERATOR_STAFF], undefined, project, 403],
    ['of an auditor where it changes something', [OPERATOR_STAFF], [AUDITOR], undefined, undefined, 403],
    ['of nobody in particular', [SIGNED_IN], [], undefined, undefined, 'in'],
    ['of nobody in particular, in a project', [PROJECT_VIEWER], [], undefined, project, 404],
    ['of nobody in particular, where no scope is named', [OPERATOR_STAFF], [], undefined, undefined, 403],
  ] as [string, Role[], Role[], Scope | undefined, Scope | undefined, 'in' | 403 | 404][])(
    '%s',
    (_, people, held, own, asked, expected) => {
      const answer = (): void => admit({ people }, personWith(held, { scope: own }), asked);
      if (expected === 'in') expect(answer).not.toThrow();
      else {
        const code = expected === 403 ? 'not_allowed' : asked?.projectId ? 'project_not_found' : 'tenant_not_found';
        expect(answer).toThrow(expect.objectContaining({ code }));
      }
    },
  );

  function elsewhere(projectId: string): Scope {
    return { tenantId: OTHER_TENANT, projectId };
  }
});

describe('the scope of a request', () => {
  it('is its project, or its tenant and perhaps a project of it', () => {
    const project = create(ProjectRefSchema, { tenantId: TENANT, projectId: PROJECT });
    expect(scopeOf({ project })).toMatchObject({ tenantId: TENANT, projectId: PROJECT });
    expect(scopeOf({ tenantId: TENANT, projectId: '' })).toEqual({ tenantId: TENANT, projectId: undefined });
    expect(scopeOf({ tenantId: TENANT, projectId: PROJECT })).toEqual({ tenantId: TENANT, projectId: PROJECT });
  });

  it('is absent where the request names none', () => {
    expect(scopeOf({})).toBeUndefined();
    expect(scopeOf({ tenantId: '' })).toBeUndefined();
    expect(scopeOf({ project: undefined })).toBeUndefined();
  });
});

describe('an access rule', () => {
  it('is read from the contract', () => {
    const { services, people } = accessOf(TenancyService.method.createProject);
    expect([...services]).toEqual(['gateway']);
    expect(people).toEqual([Role.TENANT_ADMIN, Role.OPERATOR_STAFF]);
  });

  it('of every method of every contract can be kept: a role in a scope goes with a request that names one', () => {
    for (const service of [TenancyService, QuotaService])
      for (const method of service.methods) expect(accessOf(method).services.size).toBeGreaterThan(0);
  });

  it('for a role in a project keeps a service from starting where the request names none', () => {
    const { getProject, listMyProjects } = TenancyService.method;
    const wrong = { ...getProject, input: listMyProjects.input };
    expect(() => accessOf(wrong)).toThrow('GetProject asks for a role in a project, and its request names none');
  });
});
