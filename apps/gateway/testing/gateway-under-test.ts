import { randomBytes, randomUUID } from 'node:crypto';
import type { DescService } from '@bufbuild/protobuf';
import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { Member_Role as MemberRole, TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { SystemClock, type Clock } from '@kontor/kit/clock';
import type { Logger } from '@kontor/kit/log';
import { rpc, serve, type Served, type ServiceDefinition } from '@kontor/kit/serve';
import type { Tls } from '@kontor/kit/tls';
import { afterAll } from '@jest/globals';
import type { DynamicModule, Type } from '@nestjs/common';
import type { GatewayConfig } from '../src/config.ts';
import { GatewayModule } from '../src/gateway.module.ts';
import { startGateway, type Gateway } from '../src/start-gateway.ts';
import { emptyContract } from './empty-contract.ts';
import { FakeCompute } from './fake-compute.ts';
import { FakeQuota } from './fake-quota.ts';
import { FakeTenancy } from './fake-tenancy.ts';
import { send, type Ask } from './http-client.ts';
import { AUDIENCE, CLIENT, TestRealm } from './test-realm.ts';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const PROJECT = '22222222-2222-4222-8222-222222222222';
export const jobs = `/v1/projects/${PROJECT}/jobs`;
export const files = `/v1/projects/${PROJECT}/files`;

/** Whose certificates it takes. */
export const SERVICES = ['gateway', 'quota', 'compute', 'tenancy'];

/** Of the person who asks when a test does not say who: staff, and the owner of the project. */
const SUBJECT = 'somebody-with-every-role';

/** One realm for all gateways of a test file: keys take long to make. */
let realm: Promise<TestRealm> | undefined;
const theRealm = () => (realm ??= TestRealm.start());
afterAll(async () => (await realm)?.stop());

/** What a test may change about the gateway. */
export interface Change extends Partial<GatewayConfig> {
  clock?: Clock;
  log?: Logger;
}

/** The real gateway on a free port, over mutual TLS to fake services; stops when it is disposed. */
export async function gatewayUnderTest(certificates: Certificates, { clock, log, ...change }: Change = {}) {
  const [quota, compute, tenancy] = [new FakeQuota(), new FakeCompute(), new FakeTenancy()];
  const services = {
    quota: await serveFake(
      fake('quota', FakeQuota, quota, rpc(QuotaService, FakeQuota), [ProgrammeService, ChangeService, BudgetService]),
      certificates,
    ),
    compute: await serveFake(fake('compute', FakeCompute, compute, rpc(ComputeService, FakeCompute)), certificates),
    tenancy: await serveFake(fake('tenancy', FakeTenancy, tenancy, rpc(TenancyService, FakeTenancy)), certificates),
  };
  tenancy.tenants.set(TENANT, undefined);
  tenancy.projects.set(PROJECT, TENANT);
  tenancy.memberships.push({ subject: SUBJECT, in: PROJECT, role: MemberRole.OWNER });
  tenancy.memberships.push({ subject: SUBJECT, in: TENANT, role: MemberRole.TENANT_ADMIN });
  const addresses = Object.fromEntries(Object.entries(services).map(([name, { address }]) => [name, address]));
  const itsRealm = await theRealm();
  const config = { ...configOf(certificates), issuer: itsRealm.issuer, ...addresses, ...change };
  const module = GatewayModule.with(config, clock ?? new SystemClock());
  const gateway = await startGateway(config, module, ...(log ? [log] : []));
  const token = await itsRealm.token({ sub: SUBJECT, realm_access: { roles: ['operator-staff', 'auditor'] } });
  const stopAll = () => stop(gateway, services);
  const client = clientOf(gateway, token);
  return { quota, compute, tenancy, services, realm: itsRealm, token, ...client, [Symbol.asyncDispose]: stopAll };
}

/** A configuration whose services are not there. */
export const configOf = (certificates: Certificates): GatewayConfig => ({
  listen: '127.0.0.1:0',
  quota: '127.0.0.1:1',
  compute: '127.0.0.1:1',
  tenancy: '127.0.0.1:1',
  tls: certificates.of('gateway'),
  issuer: 'http://127.0.0.1:1/realms/kontor',
  audience: AUDIENCE,
  client: CLIENT,
  publicUrl: 'http://localhost:7800',
  sessionKeys: [randomBytes(32)],
  operator: 'demo',
});

export interface Certificates {
  of(service: string): Tls;
}

type Rpc = ServiceDefinition['rpcs'][number];

/** A service with a journal, and perhaps with more contracts that answer nothing. */
function fake<T extends object>(
  name: string,
  provide: Type<T>,
  useValue: T,
  contract: Rpc,
  more: DescService[] = [],
): ServiceDefinition {
  const empty = [JournalService, ...more].map(emptyContract);
  const providers = [{ provide, useValue }, ...empty.map(({ served }) => served)];
  const module: DynamicModule = { module: class {}, providers };
  return { name, module, rpcs: [contract, ...empty.map((each) => each.rpc)] };
}

const serveFake = (definition: ServiceDefinition, certificates: Certificates) =>
  serve(definition, { listen: '127.0.0.1:0', tls: certificates.of(definition.name) });

async function stop(gateway: Gateway, services: Record<string, Served>): Promise<void> {
  await gateway.close();
  await Promise.all(Object.values(services).map((service) => service.close()));
}

function clientOf(gateway: Gateway, token: string) {
  const { url } = gateway;
  const ask = (method: string, path: string, options: Ask = {}) => send(`${url}${path}`, method, { token, ...options });
  return {
    gateway,
    url,
    ask,
    get: (path: string, options?: Ask) => ask('GET', path, options),
    post: (path: string, body: unknown) => ask('POST', path, { body }),
    put: (path: string, raw: Buffer) => ask('PUT', path, { raw, headers: BYTES }),
  };
}

const BYTES = { 'content-type': 'application/octet-stream' };

/** A job that passes every rule of the contract. */
export const newJob = (change: object = {}) => ({ id: randomUUID(), name: 'digits', workload: workload(), ...change });

export const workload = (change: object = {}) => ({
  command: ['node', 'train.mjs'],
  environment: { SEED: '7' },
  acceleratorClass: 'cpu.x86_64',
  devices: 1,
  memoryBytes: '268435456',
  diskBytes: '16777216',
  processes: 16,
  logBytes: '65536',
  timeLimitMs: '60000',
  outputs: ['metrics.json'],
  ...change,
});
