import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import {
  Member_Role as MemberRole,
  TenancyService,
  type Identity,
  type ResolveCallerRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call, Serves } from '@kontor/kit/grpc';
import { uuid5 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';

const INCLUDED: Partial<Record<MemberRole, Role[]>> = {
  [MemberRole.OWNER]: [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [MemberRole.MEMBER]: [Role.PROJECT_MEMBER, Role.PROJECT_VIEWER],
  [MemberRole.VIEWER]: [Role.PROJECT_VIEWER],
};

/** When everybody was first seen. */
export const KNOWN_SINCE = new Date('2026-01-02T03:04:05.678Z');

interface Membership {
  subject: string;
  /** Of the tenant that they run, or of the project that they are in. */
  in: string;
  role: MemberRole;
}

/** The tenancy contract over a few maps: who belongs where as tests say it, and an answer for everything else. */
export class FakeTenancy implements Serves<typeof TenancyService> {
  /** Parents by tenant; undefined at the top. */
  readonly tenants = new Map<string, string | undefined>();
  /** Tenants by project. */
  readonly projects = new Map<string, string>();
  readonly memberships: Membership[] = [];
  /** Projects and roles by the secret of a token. */
  readonly tokens = new Map<string, { project: string; role: MemberRole }>();
  /** Thrown by every method while it is set. */
  refusal: Error | undefined;
  /** Whom it was asked about. */
  readonly resolved: ResolveCallerRequest[] = [];
  /** That question waits for it. */
  resolving: Promise<void> = Promise.resolve();
  /** Requests of all other methods, and for whom they were made. */
  readonly asked: { request: object; actor: string; deadline: Date; knownSince?: Date | undefined }[] = [];
  /** All other methods wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** How many of them their callers have given up. */
  givenUp = 0;

  async resolveCaller(request: ResolveCallerRequest) {
    if (this.refusal) throw this.refusal;
    this.resolved.push(request);
    await this.resolving;
    const { credential, projectId } = request;
    const tenantId = this.projects.get(projectId) ?? (this.tenants.has(request.tenantId) ? request.tenantId : '');
    const scope = { tenantId, projectId: this.projects.has(projectId) ? projectId : '' };
    if (credential.case === 'identity') {
      return { ...person(credential.value), ...scope, roles: this.#roles(credential.value, scope) };
    }
    const token = this.tokens.get(credential.value ?? '');
    if (token === undefined) throw Problem.unauthenticated('token_invalid', 'The project token is not valid.');
    const inProject = token.project === projectId ? (INCLUDED[token.role] ?? []) : [];
    const roles = [...inProject, Role.PROJECT_TOKEN];
    return { id: uuid5('token', token.project), reference: 'token:of-a-project', roles, ...scope };
  }

  #roles({ subject, realmRoles }: Identity, { tenantId, projectId }: { tenantId: string; projectId: string }): Role[] {
    const mine = this.memberships.filter((membership) => membership.subject === subject);
    const runs = this.#andAbove(tenantId).some((tenant) => mine.some((membership) => membership.in === tenant));
    const isIn = mine.some((membership) => this.projects.get(membership.in) === tenantId && tenantId !== '');
    const roles = [
      Role.SIGNED_IN,
      ...(realmRoles.includes('operator-staff') ? [Role.OPERATOR_STAFF] : []),
      ...(realmRoles.includes('auditor') ? [Role.AUDITOR] : []),
      ...(runs ? [Role.TENANT_ADMIN, Role.TENANT_OBSERVER] : []),
      ...(runs || isIn ? [Role.TENANT_MEMBER] : []),
      ...(runs && projectId !== '' ? [Role.PROJECT_VIEWER] : []),
      ...mine.filter((membership) => membership.in === projectId).flatMap(({ role }) => INCLUDED[role] ?? []),
    ];
    return [...new Set(roles)];
  }

  /** The tenant and those that it is under. */
  #andAbove(tenantId: string | undefined): string[] {
    return tenantId ? [tenantId, ...this.#andAbove(this.tenants.get(tenantId))] : [];
  }

  readonly #answer = async (request: object, { actor, deadline, signal, person }: Call) => {
    if (this.refusal) throw this.refusal;
    this.asked.push({ request, actor, deadline, knownSince: person?.knownSince });
    signal.addEventListener('abort', () => (this.givenUp += 1));
    await this.gate;
    return {};
  };

  readonly createTenant = this.#answer;
  readonly getTenant = this.#answer;
  readonly listTenants = this.#answer;
  readonly updateTenant = this.#answer;
  readonly suspendTenant = this.#answer;
  readonly resumeTenant = this.#answer;
  readonly createProject = this.#answer;
  readonly getProject = this.#answer;
  readonly listMyProjects = this.#answer;
  readonly listProjects = this.#answer;
  readonly updateProject = this.#answer;
  readonly suspendProject = this.#answer;
  readonly resumeProject = this.#answer;
  readonly transferProject = this.#answer;
  readonly listProjectMembers = this.#answer;
  readonly setProjectMember = this.#answer;
  readonly removeProjectMember = this.#answer;
  readonly leaveProject = this.#answer;
  readonly listTenantAdmins = this.#answer;
  readonly removeTenantAdmin = this.#answer;
  readonly inviteTenantAdmin = this.#answer;
  readonly inviteProjectMember = this.#answer;
  readonly acceptInvitation = this.#answer;
  readonly listInvitations = this.#answer;
  readonly revokeInvitation = this.#answer;
  readonly createProjectToken = this.#answer;
  readonly listProjectTokens = this.#answer;
  readonly revokeProjectToken = this.#answer;
  readonly findPersons = this.#answer;
  readonly erasePerson = this.#answer;
}

function person({ issuer, subject, name, email }: Identity) {
  const knownSince = timestampFromDate(KNOWN_SINCE);
  return { id: uuid5('person', issuer, subject), reference: `person:${subject}`, name, email, knownSince };
}
