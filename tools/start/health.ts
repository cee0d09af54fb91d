import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Service } from './services.ts';
import { HOST, type StartSettings } from './settings.ts';

/** Common name of the certificate that the starter shows to services. */
export const STARTER = 'start';

const TIMEOUT_MS = 2_000;

/** Asks a service whether it serves. Never throws. */
export async function isServing(service: Service, settings: StartSettings): Promise<boolean> {
  const port = settings.ports[service.name];
  try {
    return service.health === 'http'
      ? await isServingHttp(port, HEALTH_PATHS[service.name] ?? '/healthz')
      : await isServingGrpc(service.name, port, join(settings.home, 'tls'));
  } catch {
    return false;
  }
}

/** Where a service that is not asked at /healthz says that it serves. */
const HEALTH_PATHS: Partial<Record<Service['name'], string>> = {
  identity: '/realms/kontor/.well-known/openid-configuration',
};

async function isServingHttp(port: number, path: string): Promise<boolean> {
  return (await fetch(`http://${HOST}:${port}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })).ok;
}

/** In gRPC's framing (one byte of flags, four of length): an empty request, and a response whose status is SERVING. */
const REQUEST = Buffer.from([0, 0, 0, 0, 0]);
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1]);

/**
 * One gRPC health check over one connection of its own, which is gone afterwards: a pooled client would keep it open
 * for seconds, and a server that stops waits for its connections.
 */
async function isServingGrpc(name: string, port: number, tls: string): Promise<boolean> {
  const [ca, key, cert] = ['ca.crt', `${STARTER}.key`, `${STARTER}.crt`].map((file) => readFileSync(join(tls, file)));
  const session = connect(`https://${HOST}:${port}`, { ca, key, cert, servername: name });
  const timeout = setTimeout(() => session.destroy(new Error('no answer')), TIMEOUT_MS);
  try {
    const failed = new Promise<never>((_, reject) => session.once('error', reject));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.end(REQUEST);
    return SERVING.equals(await Promise.race([buffer(call), failed]));
  } finally {
    clearTimeout(timeout);
    session.destroy();
  }
}
