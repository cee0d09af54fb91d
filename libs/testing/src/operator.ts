import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { freePort } from '@kontor/postgres/free-port';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { restClient, type RestClient } from './rest-client.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const READY_MS = 120_000;
const STOP_MS = 30_000;

/** A whole operator as `npm start` runs it: its own folder, its own ports, every service a process of its own. */
export interface Operator extends AsyncDisposable {
  home: string;
  url: string;
  /** As a demo user of the realm, such as `researcher`. */
  as(username: string): RestClient;
  ports: Record<Listener, number>;
  /** The starter's process. */
  pid: number;
  /** Process of a service, or of PostgreSQL; undefined while it is not there. */
  pidOf(name: Listener): number | undefined;
  output(): string;
  /** Ctrl-C; resolves with the exit code. The folder stays. */
  stop(): Promise<number | NodeJS.Signals>;
}

const LISTENERS = ['gateway', 'tenancy', 'identity', 'quota', 'compute', 'postgres'] as const;
type Listener = (typeof LISTENERS)[number];

/**
 * Starts an operator and waits until it serves.
 *
 * @param root of the clone that it runs from; this one when absent
 * @param home where it keeps its state; a new temporary folder when absent, which goes with it
 * @param withSample whether it runs the sample job, as a first start does
 * @param ports those of an earlier start in `home`: people are known by who vouches for them, and where; free ones else
 */
export async function startOperator({
  root = ROOT,
  home,
  withSample = false,
  env = {},
  ports: given,
}: {
  root?: string;
  home?: string;
  withSample?: boolean;
  env?: Record<string, string>;
  ports?: Operator['ports'];
} = {}): Promise<Operator> {
  // Where it fails to start, nothing of it stays.
  await using begun = new AsyncDisposableStack();
  const folder = home ?? mkdtempSync(join(tmpdir(), 'kontor-operator-'));
  if (home === undefined) begun.defer(() => rmSync(folder, { recursive: true, force: true }));
  const ports = given ?? (await freePorts());
  const args = ['tools/start/main.ts', ...(withSample ? [] : ['--no-sample'])];
  const child = startChild(
    process.execPath,
    args,
    {
      NODE_OPTIONS: '',
      KONTOR_LOG: 'info',
      ...env,
      KONTOR_HOME: folder,
      ...Object.fromEntries(LISTENERS.map((name) => [`KONTOR_${name.toUpperCase()}_PORT`, String(ports[name])])),
    },
    root,
  );
  const stop = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    const code = await child.exited;
    clearTimeout(patience);
    return code;
  };
  begun.defer(async () => void (await stop()));
  const url = `http://127.0.0.1:${ports.gateway}`;
  const clients: Record<string, RestClient> = {};
  await Promise.race([
    child.prints(/Kontor runs/, READY_MS),
    child.exited.then((code) => {
      throw new Error(`The operator ended (${code}): ${child.output()}`);
    }),
  ]);
  await eventually('the operator answers', async () => (await fetch(`${url}/healthz`)).ok);
  const parts = begun.move();
  return {
    home: folder,
    url,
    ports,
    pid: child.pid,
    output: child.output,
    stop,
    as: (username) => (clients[username] ??= restClient(url, demoTokens(ports.identity, username))),
    pidOf: (name) =>
      firstNumber(
        name === 'postgres' ? join(folder, 'postgres', 'data', 'postmaster.pid') : join(folder, 'run', `${name}.pid`),
      ),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function freePorts(): Promise<Operator['ports']> {
  const pairs = LISTENERS.map(async (name) => [name, await freePort()] as const);
  return Object.fromEntries(await Promise.all(pairs)) as Operator['ports'];
}

const firstNumber = (file: string): number | undefined => Number.parseInt(readIfThere(file), 10) || undefined;
