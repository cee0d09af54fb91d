import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Person } from '@kontor/kit/person';
import { untilStopped } from '@kontor/kit/run-service';
import { readTls } from '@kontor/kit/tls';
import { APP_GUARD } from '@nestjs/core';
import { ROOT } from '../start/settings.ts';

/*
 * The gateway as it was built, put together without its guard: nobody is asked who they are, nothing is looked up and
 * nothing is signed; whoever calls is taken for the one person that the environment names. It calls services as
 * compute, which may ask for a budget by itself, so that they look at its certificate and at nothing else. It is put
 * together here and not by a setting of the gateway, which has none.
 */
const person = JSON.parse(process.env['BENCH_PERSON'] ?? '') as Person;
const everybody = {
  canActivate(context: { switchToHttp(): { getRequest(): object } }): boolean {
    rememberCaller(context.switchToHttp().getRequest(), { person });
    return true;
  },
};

const built = (name: string) => import(pathToFileURL(join(ROOT, 'apps/gateway/dist/src', `${name}.js`)).href);
const [{ rememberCaller }, { readConfig }, { GatewayModule }, { startGateway }] = await Promise.all(
  ['caller', 'config', 'gateway.module', 'start-gateway'].map(built),
);
const config = { ...readConfig(process.env), tls: readTls(process.env['KONTOR_TLS'] ?? '', 'compute') };
const guarded = GatewayModule.with(config) as { providers: { provide?: unknown }[] };
const providers = guarded.providers.map((provider) =>
  provider.provide === APP_GUARD ? { provide: APP_GUARD, useValue: everybody } : provider,
);
untilStopped('gateway', (await startGateway(config, { ...guarded, providers })).close);
