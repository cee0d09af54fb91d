import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartFault } from './start-fault.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Everything that `npm start` runs listens here alone. */
export const HOST = '127.0.0.1';

/** Who listens where, and which variable changes it. */
export const PORTS = {
  gateway: { variable: 'KONTOR_GATEWAY_PORT', port: 7800 },
  tenancy: { variable: 'KONTOR_TENANCY_PORT', port: 7805 },
  identity: { variable: 'KONTOR_IDENTITY_PORT', port: 7808 },
  quota: { variable: 'KONTOR_QUOTA_PORT', port: 7810 },
  compute: { variable: 'KONTOR_COMPUTE_PORT', port: 7820 },
  postgres: { variable: 'KONTOR_POSTGRES_PORT', port: 7832 },
};

export type Listener = keyof typeof PORTS;

export interface StartSettings {
  /** Absolute path of the folder that holds all state. */
  home: string;
  /** Slug of the operator. */
  operator: string;
  ports: Record<Listener, number>;
}

/** Reads `KONTOR_HOME`, `KONTOR_OPERATOR` and the ports. Throws StartFault for the first that is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): StartSettings {
  const operator = env['KONTOR_OPERATOR'] || 'demo';
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(operator) || operator.length > 60) {
    throw new StartFault(
      `KONTOR_OPERATOR is not a name: ${operator}.`,
      'Use small letters, digits and single hyphens, such as demo.',
    );
  }
  const port = (listener: Listener) => readPort(env, PORTS[listener]);
  const listeners = Object.keys(PORTS) as Listener[];
  const ports = Object.fromEntries(listeners.map((name) => [name, port(name)])) as StartSettings['ports'];
  refuseTwins(ports);
  return { home: resolve(env['KONTOR_HOME'] || join(ROOT, '.kontor')), operator, ports };
}

function readPort(env: NodeJS.ProcessEnv, { variable, port }: { variable: string; port: number }): number {
  const text = env[variable];
  if (!text) return port;
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new StartFault(`${variable} is not a port: ${text}.`, `Use a number from 1 to 65535, such as ${port}.`);
}

function refuseTwins(ports: Record<Listener, number>): void {
  const taken = new Map<number, string>();
  for (const [listener, port] of Object.entries(ports)) {
    const other = taken.get(port);
    if (other)
      throw new StartFault(`${other} and ${listener} would both listen on port ${port}.`, 'Give them different ports.');
    taken.set(port, listener);
  }
}
