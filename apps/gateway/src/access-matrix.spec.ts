import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { testTls } from '@kontor/testing/test-tls';
import {
  FOREIGN_PROGRAM,
  PROGRAM,
  realmRoles,
  relations,
  settle,
  UNKNOWN_PROGRAM,
  WATCHING_PROGRAM,
} from '../testing/callers.ts';
import { forgedTokens } from '../testing/forged-tokens.ts';
import { gatewayUnderTest, PROJECT, SERVICES, TENANT } from '../testing/gateway-under-test.ts';
import type { Reply } from '../testing/http-client.ts';
import { TestRealm } from '../testing/test-realm.ts';
import type { Access } from './access.ts';
import type { Route } from './declared-routes.ts';

/** What must come back: a status, or 'answer' for whatever the service says to one whom it serves. */
type Verdict = 401 | 403 | 404 | 'answer';

interface Subject {
  name: string;
  token: string | false;
  isKnown: boolean;
  everywhere: Role[];
  inTenant: Role[];
  inProject: Role[];
}

const gateway = await gatewayUnderTest(await testTls(SERVICES));
settle(gateway.tenancy);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** For those who wait for a key that the realm may have made a moment ago. */
const crowd = new Agent({ keepAlive: true, maxSockets: 128 });
const stranger = await TestRealm.start();
afterAll(async () => {
  agent.destroy();
  crowd.destroy();
  await stranger.stop();
  await gateway[Symbol.asyncDispose]();
});

const subjects = [...(await people()), ...programs()];
const guarded = gateway.gateway.routes.filter(({ access }) => access.who !== 'everyone');
const SOMETHING = randomUUID();

describe('the access matrix', () => {
  const seen = new Map<Verdict, number>();
  let unexpected = 0;

  it.each(guarded)('of $method $path is what its rule says', async (route) => {
    const asked = subjects.flatMap((subject) => [true, false].map((isThere) => ({ subject, isThere })));
    const wrong = await Promise.all(
      asked.map(async ({ subject, isThere }) => {
        const expected = verdict(route, subject, isThere);
        const ask = { ...body(route), token: subject.token, agent };
        const reply = await gateway.ask(route.method, pathOf(route, isThere), ask);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        const came = verdictOf(reply);
        return came === expected
          ? []
          : [`${subject.name}${isThere ? '' : ', nowhere'}: ${came} in place of ${expected}`];
      }),
    );
    unexpected += wrong.flat().length;
    expect(wrong.flat()).toEqual([]);
  });

  // Who shows it makes no difference: authentication comes first, so each route is asked once.
  it('has no place for a forged token', async () => {
    const staff = { sub: 'owner', realm_access: { roles: ['operator-staff', 'auditor'] } };
    const forged = Object.entries(await forgedTokens(gateway.realm, stranger, staff));
    const asked = guarded.flatMap((route) => forged.map(([state, token]) => ({ route, state, token })));
    const wrong = await Promise.all(
      asked.map(async ({ route, state, token }) => {
        const reply = await gateway.ask(route.method, pathOf(route, true), { ...body(route), token, agent: crowd });
        seen.set(401, (seen.get(401) ?? 0) + 1);
        return reply.status === 401 ? [] : [`${state} token, ${route.method} ${route.path}: ${reply.status}`];
      }),
    );
    unexpected += wrong.flat().length;
    expect(wrong.flat()).toEqual([]);
  });

  it('covers every route under /v1 and every verdict', () => {
    const { routes } = gateway.gateway;
    const undeclared = routes.filter(({ path, access }) => path.startsWith('/v1') !== isGuarded(access));
    const checked = [...seen.values()].reduce((sum, count) => sum + count, 0);
    console.info(
      `access routes=${guarded.length} checked=${checked} unexpected=${unexpected} ` +
        `undeclared=${undeclared.length}`,
    );
    expect({ unexpected, undeclared }).toEqual({ unexpected: 0, undeclared: [] });
    for (const each of [401, 403, 404, 'answer'] as const) expect(seen.get(each)).toBeGreaterThan(100);
    expect(guarded.length).toBeGreaterThan(45);
  });
});

const isGuarded = (access: Access) => access.who !== 'everyone';

/** Who is not known is told so; what one may not see is not there; what one may not do is refused. */
function verdict({ access, path }: Route, subject: Subject, isThere: boolean): Verdict {
  if (!subject.isKnown) return 401;
  if (access.who !== 'people') return 'answer';
  const scope = path.includes(':projectId') ? 'project' : path.includes(':tenantId') ? 'tenant' : undefined;
  if (scope !== undefined && !isThere) return 404;
  const { everywhere, inTenant, inProject } = subject;
  const held = [...everywhere, ...(scope ? inTenant : []), ...(scope === 'project' ? inProject : [])];
  if (access.people.some((role) => held.includes(role))) return 'answer';
  const isOffice = everywhere.includes(Role.OPERATOR_STAFF) || everywhere.includes(Role.AUDITOR);
  const isAdmin = inTenant.includes(Role.TENANT_ADMIN);
  const sees = isOffice || isAdmin || (scope === 'project' ? inProject : inTenant).length > 0;
  return scope === undefined || sees ? 403 : 404;
}

/** A service's own "there is no such job" is an answer; that there is no such project or tenant is a verdict. */
function verdictOf({ status, json }: Reply): Verdict | number {
  const { code } = (json ?? {}) as { code?: string };
  if (status === 404 && code !== 'project_not_found' && code !== 'tenant_not_found') return 'answer';
  return status < 500 && status !== 401 && status !== 403 && status !== 404 ? 'answer' : (status as Verdict);
}

const pathOf = ({ path }: Route, isThere: boolean): string =>
  path
    .replace(':projectId', isThere ? PROJECT : SOMETHING)
    .replace(':tenantId', isThere ? TENANT : SOMETHING)
    .replace(':sha256', '0'.repeat(64))
    .replace(':stream', 'stdout')
    .replace(/:\w+|\*\w+/g, SOMETHING);

const body = ({ method }: Route) => (method === 'GET' || method === 'DELETE' ? {} : { body: {} });

/** Every realm role at every place, with a token, with one that is over, and with none. */
async function people(): Promise<Subject[]> {
  const { realm } = gateway;
  const now = Math.floor(Date.now() / 1_000);
  const all = realmRoles.flatMap((role) => relations.map((relation) => [role, relation] as const));
  const made = all.map(async ([[realmRole, everywhere], { name: sub, inTenant, inProject }]): Promise<Subject[]> => {
    const claims = { sub, realm_access: { roles: realmRole ? [realmRole] : [] } };
    const states: [string, string | false, boolean][] = [
      ['good', await realm.token(claims), true],
      ['no', false, false],
      ['expired', await realm.token({ ...claims, exp: now - 1 }), false],
    ];
    return states.map(([state, token, isKnown]) => ({
      name: `${sub}, ${realmRole ?? 'no realm role'}, ${state} token`,
      token,
      isKnown,
      everywhere: [Role.SIGNED_IN, ...everywhere],
      inTenant,
      inProject,
    }));
  });
  return (await Promise.all(made)).flat();
}

/** Programs with a project's token are nobody who has signed in: they see what is for all, and its project alone. */
function programs(): Subject[] {
  const program = (token: string, isKnown: boolean, inProject: Role[]): Subject => ({
    name: token,
    token,
    isKnown,
    everywhere: [Role.PROJECT_TOKEN],
    inTenant: [],
    inProject,
  });
  return [
    program(PROGRAM, true, [Role.PROJECT_MEMBER, Role.PROJECT_VIEWER]),
    program(WATCHING_PROGRAM, true, [Role.PROJECT_VIEWER]),
    program(FOREIGN_PROGRAM, true, []),
    program(UNKNOWN_PROGRAM, false, []),
  ];
}
