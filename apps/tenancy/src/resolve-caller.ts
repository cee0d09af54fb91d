import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import type { CallerSchema, Identity, Member_Role, ResolveCallerRequest } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { Problem } from '@kontor/kit/problem';
import { tokenReference } from './person-reference.ts';
import type { Ports } from './ports.ts';
import { rememberPerson, type KnownPerson } from './remember-person.ts';
import { rolesInProject, rolesOf, type Standing } from './roles.ts';
import { digestOf } from './secret.ts';

type Caller = MessageInitShape<typeof CallerSchema>;

/** The scope that was asked about, where it exists. */
interface ScopeFound {
  tenantId: string | null;
  projectId: string | null;
  isTenantSuspended: boolean;
  isProjectSuspended: boolean;
}

/** Who calls and what they may do; asked on the way of every request, so it is one statement unless somebody is new. */
export async function resolveCaller(ports: Ports, request: ResolveCallerRequest, call: Call): Promise<Caller> {
  const { credential } = request;
  if (credential.case === 'identity') return resolvePerson(ports, credential.value, request, call);
  if (credential.case === 'projectToken') return resolveToken(ports, credential.value, request);
  const violation = { field: 'credential', detail: 'is required' };
  throw Problem.invalid('invalid_request', 'The request shows no credential.', 'Show one.', [violation]);
}

type InScope<T> = { [K in keyof T]: T[K] | null } & ScopeFound;
type PersonInScope = InScope<KnownPerson> & Pick<Standing, 'runsTenant' | 'isInTenant' | 'projectRole'>;

const PERSON_IN_SCOPE = `
  SELECT *, (SELECT first_seen_at FROM person WHERE person.id = found.id) AS "firstSeenAt"
    FROM person_in_scope($1, $2, $3, $4) found`;

async function resolvePerson(
  { db, clock }: Ports,
  identity: Identity,
  { tenantId, projectId }: ResolveCallerRequest,
  { actor }: Call,
): Promise<Caller> {
  const { issuer, subject, realmRoles } = identity;
  const [found] = await db.query<PersonInScope[]>(PERSON_IN_SCOPE, [
    issuer,
    subject,
    tenantId || null,
    projectId || null,
  ]);
  if (!found) throw new Error('person_in_scope answers one row, whoever is asked about.');
  const person = await rememberPerson(db, identity, found, { actor, at: clock.now() });
  const { id, reference, name, email } = person;
  const roles = rolesOf({ ...found, realmRoles, isProject: found.projectId !== null });
  return { id, reference, name, email, roles, ...scopeOf(found), knownSince: timestampFromDate(person.firstSeenAt) };
}

interface TokenInScope extends ScopeFound {
  id: string;
  role: Member_Role;
  /** The one project that it is for. */
  ofProjectId: string;
  expiresAt: Date;
  revokedAt: Date | null;
}

/**
 * A project token is no person who has signed in: it has its role in its own project, and nothing anywhere else.
 *
 * @throws Problem `token_invalid`, the same whether it never was, has expired or was taken back
 */
async function resolveToken(
  { db, clock }: Ports,
  secret: string,
  { tenantId, projectId }: ResolveCallerRequest,
): Promise<Caller> {
  const [found] = await db.query<TokenInScope[]>('SELECT * FROM token_in_scope($1, $2, $3)', [
    digestOf(secret),
    tenantId || null,
    projectId || null,
  ]);
  if (!found || found.revokedAt || found.expiresAt <= clock.now()) {
    throw Problem.unauthenticated('token_invalid', 'The project token is not valid.', 'Ask the project for a new one.');
  }
  const projectRole = found.projectId === found.ofProjectId ? found.role : null;
  const roles = [...rolesInProject({ ...found, projectRole }), Role.PROJECT_TOKEN];
  return { id: found.id, reference: tokenReference(found.id), roles, ...scopeOf(found) };
}

const scopeOf = ({ tenantId, projectId }: ScopeFound) => ({ tenantId: tenantId ?? '', projectId: projectId ?? '' });
