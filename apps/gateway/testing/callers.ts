import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role as MemberRole } from '@kontor/contracts/tenancy/v1/tenancy';
import type { FakeTenancy } from './fake-tenancy.ts';
import { PROJECT, TENANT } from './gateway-under-test.ts';

/** Above the tenant, beside it, below it, a second project in it, and one beside it. */
const [ABOVE, BESIDE, SIBLING, FOREIGN, BELOW] = [4, 5, 6, 7, 8].map((digit) =>
  '33333333-3333-4333-8333-33333333333d'.replaceAll('3', String(digit)),
);

/** Somebody's place, seen from the project in the tenant that the matrix asks about. */
export interface Relation {
  name: string;
  /** The tenant or project that they belong to. */
  place?: string | undefined;
  role?: MemberRole;
  /** What they are in the tenant, and in the project: the rules in words, not in code. */
  inTenant: Role[];
  inProject: Role[];
}

const { PROJECT_OWNER, PROJECT_MEMBER, PROJECT_VIEWER, TENANT_ADMIN, TENANT_OBSERVER, TENANT_MEMBER } = Role;

const running = {
  role: MemberRole.TENANT_ADMIN,
  inTenant: [TENANT_ADMIN, TENANT_OBSERVER, TENANT_MEMBER],
  inProject: [PROJECT_VIEWER],
};
const elsewhere = { inTenant: [], inProject: [] };
const roles: [string, MemberRole, Role[]][] = [
  ['owner', MemberRole.OWNER, [PROJECT_OWNER, PROJECT_MEMBER, PROJECT_VIEWER]],
  ['member', MemberRole.MEMBER, [PROJECT_MEMBER, PROJECT_VIEWER]],
  ['viewer', MemberRole.VIEWER, [PROJECT_VIEWER]],
];

export const relations: Relation[] = [
  { name: 'nobody', ...elsewhere },
  ...roles.flatMap(([name, role, inProject]): Relation[] => [
    { name, place: PROJECT, role, inTenant: [TENANT_MEMBER], inProject },
    { name: `${name} of another project`, place: SIBLING, role, inTenant: [TENANT_MEMBER], inProject: [] },
    { name: `${name} in another tenant`, place: FOREIGN, role, ...elsewhere },
  ]),
  { name: 'admin', place: TENANT, ...running },
  { name: 'admin of a tenant above', place: ABOVE, ...running },
  { name: 'admin of a tenant below', place: BELOW, role: MemberRole.TENANT_ADMIN, ...elsewhere },
  { name: 'admin of another tenant', place: BESIDE, role: MemberRole.TENANT_ADMIN, ...elsewhere },
];

/** Roles of the realm, and what they are here. */
export const realmRoles: [name: string | undefined, Role[]][] = [
  [undefined, []],
  ['operator-staff', [Role.OPERATOR_STAFF]],
  ['auditor', [Role.AUDITOR]],
  ['offline_access', []],
];

/** Makes the tenants, projects and memberships of all relations; the subject is the relation's name. */
export function settle(tenancy: FakeTenancy): void {
  const [above, beside, sibling, foreign, below] = [ABOVE, BESIDE, SIBLING, FOREIGN, BELOW].map(String);
  tenancy.tenants.set(above!, undefined).set(TENANT, above).set(beside!, undefined).set(below!, TENANT);
  tenancy.projects.set(sibling!, TENANT).set(foreign!, beside!);
  for (const { name, place, role } of relations) {
    if (place !== undefined && role !== undefined) tenancy.memberships.push({ subject: name, in: place, role });
  }
  tenancy.tokens.set(PROGRAM, { project: PROJECT, role: MemberRole.MEMBER });
  tenancy.tokens.set(WATCHING_PROGRAM, { project: PROJECT, role: MemberRole.VIEWER });
  tenancy.tokens.set(FOREIGN_PROGRAM, { project: foreign!, role: MemberRole.MEMBER });
}

export const PROGRAM = 'kpt_of-the-project';
export const WATCHING_PROGRAM = 'kpt_of-the-project-to-look-on';
export const FOREIGN_PROGRAM = 'kpt_of-another-project';
export const UNKNOWN_PROGRAM = 'kpt_nobody-has-made';
