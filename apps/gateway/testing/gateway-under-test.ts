import { randomUUID } from 'node:crypto';
import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { rpc, serve, type Served, type ServiceDefinition } from '@kontor/kit/serve';
import type { Tls } from '@kontor/kit/tls';
import type { DynamicModule, Type } from '@nestjs/common';
import type { GatewayConfig } from '../src/config.ts';
import { startGateway, type Gateway } from '../src/start-gateway.ts';
import { FakeCompute } from './fake-compute.ts';
import { FakeQuota } from './fake-quota.ts';
import { send, type Ask } from './http-client.ts';

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const PROJECT = '22222222-2222-4222-8222-222222222222';
export const TOKEN = 'test-token-test-token-test-token-test-token';
export const jobs = `/v1/projects/${PROJECT}/jobs`;
export const files = `/v1/projects/${PROJECT}/files`;

/** Whose certificates it takes. */
export const SERVICES = ['gateway', 'quota', 'compute'];

/** The real gateway on a free port, over mutual TLS to fake services; stops when it is disposed. */
export async function gatewayUnderTest(certificates: Certificates, change: Partial<GatewayConfig> = {}) {
  const [quota, compute] = [new FakeQuota(), new FakeCompute()];
  const services = {
    quota: await serveFake(fake('quota', FakeQuota, quota, rpc(QuotaService, FakeQuota)), certificates),
    compute: await serveFake(fake('compute', FakeCompute, compute, rpc(ComputeService, FakeCompute)), certificates),
  };
  const addresses = { quota: services.quota.address, compute: services.compute.address };
  const gateway = await startGateway({ ...configOf(certificates), ...addresses, ...change });
  return { quota, compute, services, ...clientOf(gateway), [Symbol.asyncDispose]: () => stop(gateway, services) };
}

/** A configuration whose services are not there. */
export const configOf = (certificates: Certificates): GatewayConfig => ({
  listen: '127.0.0.1:0', quota: '127.0.0.1:1', compute: '127.0.0.1:1', tls: certificates.of('gateway'),
  token: TOKEN, tenantId: TENANT, operator: 'demo',
});

export interface Certificates {
  of(service: string): Tls;
}

type Rpc = ServiceDefinition['rpcs'][number];

function fake<T extends object>(name: string, provide: Type<T>, useValue: T, contract: Rpc): ServiceDefinition {
  const module: DynamicModule = { module: class {}, providers: [{ provide, useValue }] };
  return { name, module, rpcs: [contract] };
}

const serveFake = (definition: ServiceDefinition, certificates: Certificates) =>
  serve(definition, { listen: '127.0.0.1:0', tls: certificates.of(definition.name) });

async function stop(gateway: Gateway, services: Record<string, Served>): Promise<void> {
  await gateway.close();
  await Promise.all(Object.values(services).map((service) => service.close()));
}

function clientOf(gateway: Gateway) {
  const { url } = gateway;
  const ask = (method: string, path: string, options: Ask = {}) =>
    send(`${url}${path}`, method, { token: TOKEN, ...options });
  return {
    gateway, url, ask,
    get: (path: string, options?: Ask) => ask('GET', path, options),
    post: (path: string, body: unknown) => ask('POST', path, { body }),
    put: (path: string, raw: Buffer) => ask('PUT', path, { raw, headers: BYTES }),
  };
}

const BYTES = { 'content-type': 'application/octet-stream' };

/** A job that passes every rule of the contract. */
export const newJob = (change: object = {}) => ({ id: randomUUID(), name: 'digits', workload: workload(), ...change });

export const workload = (change: object = {}) => ({
  command: ['node', 'train.mjs'], environment: { SEED: '7' }, acceleratorClass: 'cpu.x86_64', devices: 1,
  memoryBytes: '268435456', diskBytes: '16777216', processes: 16, logBytes: '65536', timeLimitMs: '60000',
  outputs: ['metrics.json'], ...change,
});
