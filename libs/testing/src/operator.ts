import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { freePort } from '@kontor/postgres/free-port';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { startChild, type Child } from './child.ts';
import { eventually } from './eventually.ts';
import { restClient, type RestClient } from './rest-client.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const READY_MS = 120_000;
const STOP_MS = 30_000;

/** Where an operator of its own may run: a folder, ports that nobody else has, and how to reach what runs there. */
export interface OperatorPlace {
  home: string;
  url: string;
  ports: Record<Listener, number>;
  /** What its programs are told. */
  env: Record<string, string>;
  /** As a demo user of the realm, such as `researcher`. */
  as(username: string): RestClient;
  /** Process of a service, or of PostgreSQL; undefined while it is not there. */
  pidOf(name: Listener): number | undefined;
  /** Runs `npm start` there. Whoever disposes of it asks it to stop, so that it takes its services with it. */
  start(...args: string[]): Child;
}

/** A whole operator as `npm start` runs it: its own folder, its own ports, every service a process of its own. */
export interface Operator extends Omit<OperatorPlace, 'start'>, AsyncDisposable {
  /** The starter's process. */
  pid: number;
  output(): string;
  /** Ctrl-C; resolves with the exit code. The folder stays. */
  stop(): Promise<number | NodeJS.Signals>;
}

const LISTENERS = ['gateway', 'tenancy', 'identity', 'quota', 'compute', 'postgres'] as const;
type Listener = (typeof LISTENERS)[number];

/**
 * Chooses where an operator runs, and starts nothing.
 *
 * @param root of the clone that it runs from; this one when absent
 * @param ports those of an earlier start in `home`: people are known by who vouches for them, and where; free ones else
 */
export async function operatorPlace(
  home: string,
  {
    root = ROOT,
    env = {},
    ports: given,
  }: { root?: string; env?: Record<string, string>; ports?: Operator['ports'] } = {},
): Promise<OperatorPlace> {
  const ports = given ?? (await freePorts());
  const url = `http://127.0.0.1:${ports.gateway}`;
  const clients: Record<string, RestClient> = {};
  const told = {
    NODE_OPTIONS: '',
    KONTOR_LOG: 'info',
    ...env,
    KONTOR_HOME: home,
    ...Object.fromEntries(LISTENERS.map((name) => [`KONTOR_${name.toUpperCase()}_PORT`, String(ports[name])])),
  };
  return {
    home,
    url,
    ports,
    env: told,
    as: (username) => (clients[username] ??= restClient(url, demoTokens(ports.identity, username))),
    pidOf: (name) =>
      firstNumber(
        name === 'postgres' ? join(home, 'postgres', 'data', 'postmaster.pid') : join(home, 'run', `${name}.pid`),
      ),
    start: (...args) => stopping(startChild(process.execPath, ['tools/start/main.ts', ...args], told, root)),
  };
}

/**
 * Starts an operator and waits until it serves.
 *
 * @param home where it keeps its state; a new temporary folder when absent, which goes with it
 * @param withSample whether it runs the sample job, as a first start does
 */
export async function startOperator({
  home,
  withSample = false,
  ...options
}: {
  home?: string;
  withSample?: boolean;
  root?: string;
  env?: Record<string, string>;
  ports?: Operator['ports'];
} = {}): Promise<Operator> {
  // Where it fails to start, nothing of it stays.
  await using begun = new AsyncDisposableStack();
  const folder = home ?? mkdtempSync(join(tmpdir(), 'kontor-operator-'));
  if (home === undefined) begun.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { start, ...place } = await operatorPlace(folder, options);
  const child = begun.use(start(...(withSample ? [] : ['--no-sample'])));
  await Promise.race([
    child.prints(/Kontor runs/, READY_MS),
    child.exited.then((code) => {
      throw new Error(`The operator ended (${code}): ${child.output()}`);
    }),
  ]);
  await eventually('the operator answers', async () => (await fetch(`${place.url}/healthz`)).ok);
  const parts = begun.move();
  return {
    ...place,
    pid: child.pid,
    output: child.output,
    stop: () => stop(child),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const stopping = (child: Child): Child => ({ ...child, [Symbol.asyncDispose]: async () => void (await stop(child)) });

async function stop(child: Child): Promise<number | NodeJS.Signals> {
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  const code = await child.exited;
  clearTimeout(patience);
  return code;
}

async function freePorts(): Promise<Operator['ports']> {
  const pairs = LISTENERS.map(async (name) => [name, await freePort()] as const);
  return Object.fromEntries(await Promise.all(pairs)) as Operator['ports'];
}

const firstNumber = (file: string): number | undefined => Number.parseInt(readIfThere(file), 10) || undefined;
