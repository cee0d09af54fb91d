import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { getOption, hasOption } from '@bufbuild/protobuf';
import { access, AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { ProjectRefSchema, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Person, Scope } from './person.ts';
import { Problem } from './problem.ts';

/** Who may call a method, as its contract says. */
export interface Access {
  services: ReadonlySet<string>;
  /** Empty: services call it for themselves alone. */
  people: readonly Role[];
}

const TENANT_ROLES: readonly Role[] = [Role.TENANT_ADMIN, Role.TENANT_OBSERVER, Role.TENANT_MEMBER];
const PROJECT_ROLES: readonly Role[] = [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER];

/** Roles that show nothing of any one tenant. */
const ANYWHERE: readonly Role[] = [Role.SIGNED_IN, Role.PROJECT_TOKEN];

/** Roles that show nothing of any one project: whoever belongs to another project of its tenant has them too. */
const OUTSIDE_PROJECTS: readonly Role[] = [...ANYWHERE, Role.TENANT_MEMBER];

/**
 * Reads a method's access rule.
 *
 * @throws where the contract does not say who may call, or names roles in a scope that the request does not name, so
 * that nothing undeclared is served
 */
export function accessOf(method: DescMethod): Access {
  const rule = hasOption(method, access) ? getOption(method, access) : undefined;
  if (!rule || rule.services.length === 0) throw undeclared(method, 'declares no callers');
  const { people } = rule;
  const scope = scopeKind(method.input);
  if (people.some((role) => PROJECT_ROLES.includes(role)) && scope === 'none') {
    throw undeclared(method, 'asks for a role in a project, and its request names none');
  }
  if (people.some((role) => TENANT_ROLES.includes(role)) && scope === 'none') {
    throw undeclared(method, 'asks for a role in a tenant, and its request names none');
  }
  return { services: new Set(rule.services), people };
}

const undeclared = ({ parent, name }: DescMethod, what: string): Error =>
  new Error(`${parent.typeName}.${name} ${what}: correct its option kontor.rules.v1.access.`);

/** What a request names: a field `project`, or a field `tenant_id` and perhaps `project_id`. */
function scopeKind({ field }: DescMessage): 'project' | 'tenant' | 'none' {
  const { project, tenantId } = field;
  if (project?.fieldKind === 'message' && project.message.typeName === ProjectRefSchema.typeName) return 'project';
  return tenantId?.fieldKind === 'scalar' ? 'tenant' : 'none';
}

/** The tenant or project that a request names. */
export function scopeOf(request: object): Scope | undefined {
  const { project, tenantId, projectId } = request as { project?: ProjectRef; tenantId?: string; projectId?: string };
  if (project?.$typeName === ProjectRefSchema.typeName) return project;
  return tenantId ? { tenantId, projectId: projectId || undefined } : undefined;
}

/**
 * Whether a person may call a method with a request of a scope. Pure.
 *
 * @throws Problem `project_not_found` or `tenant_not_found` where they may not even see the scope, `not_allowed` where
 * they may see it
 */
export function admit({ people }: Pick<Access, 'people'>, person: Person, scope: Scope | undefined): void {
  const held = person.roles.filter((role) => counts(role, person.scope, scope));
  if (people.some((role) => held.includes(role))) return;
  const blind = scope?.projectId === undefined ? ANYWHERE : OUTSIDE_PROJECTS;
  if (scope === undefined || held.some((role) => !blind.includes(role))) {
    const wanted = people.map((role) => Role[role].toLowerCase().replaceAll('_', ' ')).join(' or ');
    throw Problem.forbidden('not_allowed', `This takes the role ${wanted}.`, 'Ask whoever runs the project or tenant.');
  }
  const { tenantId, projectId } = scope;
  throw projectId === undefined ? Problem.notFound('tenant', tenantId) : Problem.notFound('project', projectId);
}

/** A role in a tenant or project counts only where the request names that tenant or project. */
function counts(role: Role, own: Scope | undefined, asked: Scope | undefined): boolean {
  if (TENANT_ROLES.includes(role)) return own !== undefined && own.tenantId === asked?.tenantId;
  if (PROJECT_ROLES.includes(role)) {
    const isSameTenant = own !== undefined && own.tenantId === asked?.tenantId;
    return isSameTenant && own.projectId !== undefined && own.projectId === asked?.projectId;
  }
  return true;
}
