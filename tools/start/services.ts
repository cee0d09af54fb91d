import { join } from 'node:path';
import { operatorTenant } from './operator-tenant.ts';
import { tokenFile } from './secrets.ts';
import { HOST, ROOT, type StartSettings } from './settings.ts';

/** One service of this machine. To add one, add a line here and its port to PORTS in settings.ts. */
export interface Service {
  name: 'quota' | 'compute' | 'gateway';
  /** Whether it has a database of its own. */
  database: boolean;
  /** How it is asked whether it serves. */
  health: 'grpc' | 'http';
  calls: ('quota' | 'compute')[];
}

/** In the order in which they start; they stop the other way round. */
export const SERVICES: Service[] = [
  { name: 'quota', database: true, health: 'grpc', calls: [] },
  { name: 'compute', database: true, health: 'grpc', calls: ['quota'] },
  { name: 'gateway', database: false, health: 'http', calls: ['quota', 'compute'] },
];

export const program = ({ name }: Service): string => join(ROOT, 'apps', name, 'dist', 'src', 'main.js');

/** What a service is told, beside the environment of its starter. */
export function environmentOf(
  service: Service,
  settings: StartSettings,
  databaseUrl: string | undefined,
): Record<string, string> {
  const { home, operator, ports } = settings;
  const tenant = operatorTenant(operator);
  return {
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'kontor', 'node'),
    KONTOR_LISTEN: `${HOST}:${ports[service.name]}`,
    KONTOR_TLS: join(home, 'tls'),
    KONTOR_HOME: home,
    KONTOR_OPERATOR: operator,
    KONTOR_OPERATOR_TENANT: tenant,
    KONTOR_TENANT: tenant,
    KONTOR_TOKEN_FILE: tokenFile(home),
    ...Object.fromEntries(service.calls.map((name) => [`KONTOR_${name.toUpperCase()}`, `${HOST}:${ports[name]}`])),
    ...(databaseUrl && { KONTOR_DATABASE_URL: databaseUrl }),
  };
}
