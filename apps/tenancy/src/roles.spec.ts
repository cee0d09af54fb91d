import { describe, expect, it } from '@jest/globals';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role } from '@kontor/contracts/tenancy/v1/tenancy';
import fc from 'fast-check';
import { rolesOf, type Standing } from './roles.ts';

const NOBODY: Standing = {
  realmRoles: [],
  runsTenant: false,
  isInTenant: false,
  projectRole: null,
  isProject: true,
  isTenantSuspended: false,
  isProjectSuspended: false,
};

const OWNER = { isInTenant: true, projectRole: Member_Role.OWNER };
const ADMIN = { runsTenant: true };

describe('what somebody may be', () => {
  it.each<[string, Partial<Standing>, string[]]>([
    ['a stranger', {}, []],
    ['staff', { realmRoles: ['operator-staff'] }, ['OPERATOR_STAFF']],
    ['an auditor', { realmRoles: ['auditor', 'offline_access'] }, ['AUDITOR']],
    ['an owner', OWNER, ['TENANT_MEMBER', 'PROJECT_OWNER', 'PROJECT_MEMBER', 'PROJECT_VIEWER']],
    [
      'a member',
      { isInTenant: true, projectRole: Member_Role.MEMBER },
      ['TENANT_MEMBER', 'PROJECT_MEMBER', 'PROJECT_VIEWER'],
    ],
    ['a viewer', { isInTenant: true, projectRole: Member_Role.VIEWER }, ['TENANT_MEMBER', 'PROJECT_VIEWER']],
    ['a member of another project', { isInTenant: true }, ['TENANT_MEMBER']],
    ['an admin', ADMIN, ['TENANT_ADMIN', 'TENANT_MEMBER', 'PROJECT_VIEWER', 'TENANT_OBSERVER']],
    [
      'an admin who asks about no project',
      { ...ADMIN, isProject: false },
      ['TENANT_ADMIN', 'TENANT_MEMBER', 'TENANT_OBSERVER'],
    ],
    [
      'an admin of a suspended tenant, who looks at all that they ran',
      { ...ADMIN, isTenantSuspended: true },
      ['TENANT_MEMBER', 'PROJECT_VIEWER', 'TENANT_OBSERVER'],
    ],
    ['an owner in a suspended tenant', { ...OWNER, isTenantSuspended: true }, ['TENANT_MEMBER', 'PROJECT_VIEWER']],
    ['an owner of a suspended project', { ...OWNER, isProjectSuspended: true }, ['TENANT_MEMBER', 'PROJECT_VIEWER']],
    [
      'an admin at a suspended project, who can resume it',
      { ...ADMIN, isProjectSuspended: true },
      ['TENANT_ADMIN', 'TENANT_MEMBER', 'PROJECT_VIEWER', 'TENANT_OBSERVER'],
    ],
  ])('as %s', (_, standing, expected) => {
    const roles = rolesOf({ ...NOBODY, ...standing }).map((role) => Role[role]);
    expect(roles).toEqual(['SIGNED_IN', ...expected]);
  });
});

describe('whatever somebody is', () => {
  const standings: fc.Arbitrary<Standing> = fc.record({
    realmRoles: fc.subarray(['operator-staff', 'auditor', 'toString', '__proto__', 'constructor']),
    runsTenant: fc.boolean(),
    isInTenant: fc.boolean(),
    projectRole: fc.constantFrom(null, Member_Role.OWNER, Member_Role.MEMBER, Member_Role.VIEWER),
    isProject: fc.boolean(),
    isTenantSuspended: fc.boolean(),
    isProjectSuspended: fc.boolean(),
  });

  it('each role comes with those it includes, once', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        const roles = rolesOf(standing);
        expect(new Set(roles).size).toBe(roles.length);
        expect(roles.filter((role) => Role[role] === undefined)).toEqual([]);
        for (const [role, ...included] of INCLUDED) {
          if (roles.includes(role)) expect(roles).toEqual(expect.arrayContaining(included));
        }
      }),
    );
  });

  it('where it is suspended nobody works', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        const inTenant = rolesOf({ ...standing, isTenantSuspended: true });
        expect(inTenant.filter((role) => WORKING.includes(role))).toEqual([]);
        const inProject = rolesOf({ ...standing, isProjectSuspended: true });
        expect(inProject).not.toContain(Role.PROJECT_OWNER);
        expect(inProject).not.toContain(Role.PROJECT_MEMBER);
      }),
    );
  });

  it('a suspension takes roles and never gives one, and takes none of the realm', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        const free = rolesOf({ ...standing, isTenantSuspended: false, isProjectSuspended: false });
        const now = rolesOf(standing);
        expect(free).toEqual(expect.arrayContaining(now));
        for (const role of [Role.SIGNED_IN, Role.OPERATOR_STAFF, Role.AUDITOR]) {
          expect(now.includes(role)).toBe(free.includes(role));
        }
      }),
    );
  });
});

const WORKING = [Role.TENANT_ADMIN, Role.PROJECT_OWNER, Role.PROJECT_MEMBER];

const INCLUDED: [Role, ...Role[]][] = [
  [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [Role.TENANT_ADMIN, Role.TENANT_OBSERVER, Role.TENANT_MEMBER],
  [Role.TENANT_OBSERVER, Role.TENANT_MEMBER],
];
