import { join } from 'node:path';
import { issuerOn } from '@kontor/keycloak/demo-users';
import { operatorTenant } from './operator-tenant.ts';
import { portalSecretFile, sessionKeyFile } from './secrets.ts';
import { HOST, ROOT, type StartSettings } from './settings.ts';

/** One service of this machine. To add one, add a line here and its port to PORTS in settings.ts. */
export interface Service {
  name: 'identity' | 'tenancy' | 'quota' | 'compute' | 'gateway';
  /** Whether it has a database of its own. */
  database: boolean;
  /** How it is asked whether it serves. */
  health: 'grpc' | 'http';
  calls: ('tenancy' | 'quota' | 'compute')[];
  /** Its program, from the root of the repository. */
  program: string;
}

const built = (name: string): string => join('apps', name, 'dist', 'src', 'main.js');

/** In the order in which they start; they stop the other way round. */
export const SERVICES: Service[] = [
  { name: 'identity', database: false, health: 'http', calls: [], program: 'infra/keycloak/src/main.ts' },
  { name: 'tenancy', database: true, health: 'grpc', calls: [], program: built('tenancy') },
  { name: 'quota', database: true, health: 'grpc', calls: [], program: built('quota') },
  { name: 'compute', database: true, health: 'grpc', calls: ['tenancy', 'quota'], program: built('compute') },
  {
    name: 'gateway',
    database: false,
    health: 'http',
    calls: ['tenancy', 'quota', 'compute'],
    program: built('gateway'),
  },
];

export const programOf = ({ program }: Service): string => join(ROOT, program);

/** What a service is told, beside the environment of its starter. */
export function environmentOf(
  service: Service,
  settings: StartSettings,
  databaseUrl: string | undefined,
): Record<string, string> {
  const { home, operator, ports } = settings;
  return {
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'kontor', 'node'),
    KONTOR_LISTEN: `${HOST}:${ports[service.name]}`,
    KONTOR_TLS: join(home, 'tls'),
    KONTOR_HOME: home,
    KONTOR_OPERATOR: operator,
    KONTOR_OPERATOR_TENANT: operatorTenant(operator),
    KONTOR_ISSUER: issuerOn(ports.identity),
    KONTOR_PUBLIC_URL: `http://localhost:${ports.gateway}`,
    KONTOR_OIDC_SECRET_FILE: portalSecretFile(home),
    KONTOR_SESSION_KEY_FILE: sessionKeyFile(home),
    ...Object.fromEntries(service.calls.map((name) => [`KONTOR_${name.toUpperCase()}`, `${HOST}:${ports[name]}`])),
    ...(databaseUrl && { KONTOR_DATABASE_URL: databaseUrl }),
  };
}
