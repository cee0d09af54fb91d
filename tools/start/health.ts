import * as grpc from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from './services.ts';
import { HOST, type StartSettings } from './settings.ts';

/** Common name of the certificate that the starter shows to services. */
export const STARTER = 'start';

const TIMEOUT_MS = 2_000;

/** Asks a service whether it serves. Never throws. */
export function isServing(service: Service, settings: StartSettings): Promise<boolean> {
  const port = settings.ports[service.name];
  return service.health === 'http' ? isServingHttp(port) : isServingGrpc(service.name, port, join(settings.home, 'tls'));
}

async function isServingHttp(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://${HOST}:${port}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}

const HealthClient = grpc.makeGenericClientConstructor(health, 'Health');

function isServingGrpc(name: string, port: number, tls: string): Promise<boolean> {
  const [ca, key, certificate] = ['ca.crt', `${STARTER}.key`, `${STARTER}.crt`].map((file) => readFileSync(join(tls, file)));
  const credentials = grpc.credentials.createSsl(ca, key, certificate);
  const client = new HealthClient(`${HOST}:${port}`, credentials, { 'grpc.ssl_target_name_override': name });
  return new Promise((resolve) => {
    const answered = (error: grpc.ServiceError | null, reply?: { status: unknown }) => {
      client.close();
      resolve(!error && reply?.status === 'SERVING');
    };
    client['Check']?.({ service: '' }, { deadline: Date.now() + TIMEOUT_MS }, answered);
  });
}
