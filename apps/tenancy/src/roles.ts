import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role } from '@kontor/contracts/tenancy/v1/tenancy';

/** What is known of a person and of the scope they ask about. */
export interface Standing {
  /** As the identity provider says. */
  realmRoles: readonly string[];
  /** Of the tenant, or of one above it. */
  runsTenant: boolean;
  /** Whether they belong to some project of the tenant. */
  isInTenant: boolean;
  /** Role in the project that is asked about; null where there is none. */
  projectRole: Member_Role | null;
  /** Whether the scope has a project. */
  isProject: boolean;
  /** Of the tenant, or of one above it. */
  isTenantSuspended: boolean;
  isProjectSuspended: boolean;
}

/** Roles of the realm that mean something here. */
const OF_REALM = new Map([
  ['operator-staff', Role.OPERATOR_STAFF],
  ['auditor', Role.AUDITOR],
]);

/** What each role in a project includes. */
const OF_PROJECT: Record<Member_Role, Role[]> = {
  [Member_Role.UNSPECIFIED]: [],
  [Member_Role.TENANT_ADMIN]: [],
  [Member_Role.OWNER]: [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [Member_Role.MEMBER]: [Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [Member_Role.VIEWER]: [Role.PROJECT_VIEWER],
};

/** Where nobody works, these are left: they look. */
const LOOKING: readonly Role[] = [Role.TENANT_OBSERVER, Role.TENANT_MEMBER, Role.PROJECT_VIEWER];

/** What a person may be in a scope: every role, each with those it includes, in the order of the contract. Pure. */
export function rolesOf(standing: Standing): Role[] {
  const { realmRoles, runsTenant, isInTenant, isProject } = standing;
  const everywhere = [Role.SIGNED_IN, ...realmRoles.flatMap((name) => OF_REALM.get(name) ?? [])];
  const inTenant = [
    ...(runsTenant ? [Role.TENANT_ADMIN, Role.TENANT_OBSERVER] : []),
    ...(runsTenant || isInTenant ? [Role.TENANT_MEMBER] : []),
  ];
  const inProject = [...rolesInProject(standing), ...(runsTenant && isProject ? [Role.PROJECT_VIEWER] : [])];
  const here = [...inTenant, ...inProject].filter((role) => !standing.isTenantSuspended || LOOKING.includes(role));
  return [...new Set([...everywhere, ...here])].sort((a, b) => a - b);
}

/** What a role in a project allows now: in one that is suspended everybody only looks. Pure. */
export function rolesInProject({
  projectRole,
  isTenantSuspended,
  isProjectSuspended,
}: Pick<Standing, 'projectRole' | 'isTenantSuspended' | 'isProjectSuspended'>): Role[] {
  const roles = OF_PROJECT[projectRole ?? Member_Role.UNSPECIFIED];
  const isSuspended = isTenantSuspended || isProjectSuspended;
  return isSuspended ? roles.filter((role) => LOOKING.includes(role)) : roles;
}
