import { join } from 'node:path';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { freePort } from '@kontor/postgres/free-port';
import { personWith } from '@kontor/testing/acting-for';
import { foundProject, grantTo, TENANT } from '@kontor/testing/founded-project';
import { startOperator, type Operator } from '@kontor/testing/operator';
import { startService } from '../start/service-process.ts';
import { environmentOf, SERVICES } from '../start/services.ts';
import { HOST } from '../start/settings.ts';
import { atLeast, type Figure } from './figure.ts';
import { answersPerSecond } from './http-load.ts';
import { inPairs } from './pairs.ts';

const PAIRS = 5;
const SECONDS = 5;
const WARM_UP_SECONDS = 4;
const IN_FLIGHT = 32;
/** Who may all see the budget, each for another reason. */
const PEOPLE = ['researcher', 'admin', 'staff', 'staff2', 'auditor'];

/**
 * A person's call to the public API, a project's budget, as `npm start` serves it: the bearer is judged, tenancy says
 * what its owner may do, the gateway vouches for them, and quota believes no more than that. Beside it the same route
 * of the same gateway without a guard, over the same quota and the same rows, where only certificates are looked at.
 */
export async function run(): Promise<Figure[]> {
  await using operator = await startOperator();
  const projectId = await foundProject(operator, 'bench');
  await grantTo(operator, projectId, { 'CR:demo': 1_000_000n });
  await using peer = await startUnguarded(operator, projectId);

  const path = `/v1/projects/${projectId}/budget`;
  const bearers = await Promise.all(PEOPLE.map((name) => demoTokens(operator.ports.identity, name)()));
  const headers = bearers.map((bearer) => ({ authorization: `Bearer ${bearer}` }));
  // Both are sent the same bytes; the peer does not look at who they say it is.
  const measure = (url: string) => (seconds: number) =>
    answersPerSecond({ url: `${url}${path}`, headers, seconds, inFlight: IN_FLIGHT });
  const [ours, theirs] = [measure(operator.url), measure(peer.url)];
  await ours(WARM_UP_SECONDS);
  await theirs(WARM_UP_SECONDS);
  const measured = await inPairs(
    PAIRS,
    () => ours(SECONDS),
    () => theirs(SECONDS),
  );
  return [atLeast('a call with all checks, beside one without', 'calls/s', measured.ours, measured.peer, 0.85)];
}

async function startUnguarded({ home, ports }: Operator, projectId: string) {
  const service = SERVICES.find(({ name }) => name === 'gateway');
  if (!service) throw new Error('There is no gateway to compare with.');
  const listen = `${HOST}:${await freePort()}`;
  const url = `http://${listen}`;
  const person = personWith([Role.PROJECT_VIEWER], { scope: { tenantId: TENANT, projectId } });
  const { stop } = await startService(
    {
      name: 'the gateway without a guard',
      program: join(import.meta.dirname, 'unguarded-gateway.ts'),
      env: {
        ...environmentOf(service, { home, operator: 'demo', ports }, undefined),
        KONTOR_LISTEN: listen,
        KONTOR_LOG: 'info',
        BENCH_PERSON: JSON.stringify(person),
      },
      logFile: join(home, 'logs', 'unguarded-gateway.log'),
      pidFile: join(home, 'run', 'unguarded-gateway.pid'),
      isServing: () =>
        fetch(`${url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
    },
    AbortSignal.timeout(60_000),
  );
  return { url, [Symbol.asyncDispose]: () => stop(11_000) };
}
