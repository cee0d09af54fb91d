import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import { explain, PostgresFault } from './fault.ts';
import { freePort } from './free-port.ts';
import { cannotMake, dataFolder, initialise, passwordFile } from './initialise.ts';
import { isReady, stopPostmaster } from './postmaster.ts';
import { serverUser, spawnAs, type ServerUser } from './server-user.ts';
import { settings, type Durability } from './settings.ts';

export interface ClusterOptions {
  /** Folder of the cluster; made when missing. It grows beside itself as `<name>.new-…`. */
  directory: string;
  /** On 127.0.0.1; 0 takes a free one. */
  port: number;
  /** File that the server's log is appended to. */
  logFile: string;
  durability?: Durability;
}

/** A running PostgreSQL server. */
export interface Cluster {
  directory: string;
  port: number;
  pid: number;
  /** Connects as superuser: to make databases and roles, never to work with them. */
  adminUrl: string;
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>;
}

/** Recovery after a crash reads at most one GiB of log; a slow disk may take minutes for it. */
const READY_MS = 300_000;
const STOP_MS = 10_000;
/** After its server was killed, a connection's process may hold the shared memory until it notices. */
const ORPHANS = /pre-existing shared memory block/;

/**
 * Starts the PostgreSQL cluster of a directory, which is initialised when new. A server that a killed predecessor left
 * on it is stopped first. Throws PostgresFault with help when the port is taken, the disk full, and the like.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const directory = resolveFolder(options.directory);
  const durability = options.durability ?? 'full';
  const user = serverUser(directory);
  await initialise(directory, user, durability);
  await stopPostmaster(dataFolder(directory), STOP_MS);
  const port = options.port || (await freePort());
  const server = await launch(directory, user, settings(port, durability), options.logFile);
  return { directory, port, ...server, adminUrl: adminUrlOf(directory, port) };
}

/** How the superuser connects to the cluster of a directory. Throws PostgresFault where there is none yet. */
export function adminUrlOf(directory: string, port: number): string {
  const file = passwordFile(directory);
  if (!existsSync(file))
    throw new PostgresFault(`There is no PostgreSQL in ${directory} yet.`, 'Start Kontor once: it makes one.');
  return `postgres://postgres:${readFileSync(file, 'utf8')}@127.0.0.1:${port}/postgres`;
}

/** Its path without links, by which a server is known again; the folders above it are made. */
function resolveFolder(directory: string): string {
  try {
    mkdirSync(dirname(directory), { recursive: true });
    return join(realpathSync(dirname(directory)), basename(directory));
  } catch (cause) {
    throw cannotMake(directory, cause);
  }
}

/**
 * Stops the server of a cluster, or of a directory; does nothing where none runs. Open transactions roll back; what has
 * not ended after `patienceMs` is stopped at once, which the next start recovers from.
 */
export async function stopCluster({ directory }: { directory: string }, patienceMs = STOP_MS): Promise<void> {
  if (existsSync(directory)) await stopPostmaster(dataFolder(realpathSync(directory)), patienceMs);
}

async function launch(directory: string, user: ServerUser | undefined, args: string[], logFile: string) {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const logged = existsSync(logFile) ? statSync(logFile).size : 0;
    const log = openSync(logFile, 'a', 0o600);
    const data = dataFolder(directory);
    const child = spawnAs(user, findBinaries().postgres, ['-D', data, ...args], [data], ['ignore', log, log]);
    closeSync(log);
    const exited = once(child, 'exit').then(
      () => undefined,
      () => undefined,
    );
    const { pid } = child;
    if (pid && (await becomesReady(data, pid, exited, deadline))) {
      return { pid, exited };
    }
    const printed = readFileSync(logFile).subarray(logged).toString();
    if (!ORPHANS.test(printed) || performance.now() > deadline) throw explain('start', printed, logFile);
    await sleep(100);
  }
}

async function becomesReady(data: string, pid: number, exited: Promise<void>, deadline: number): Promise<boolean> {
  let alive = true;
  void exited.then(() => (alive = false));
  while (alive && !isReady(data, pid)) {
    if (performance.now() > deadline) {
      await stopPostmaster(data, STOP_MS);
      throw new PostgresFault(`PostgreSQL is not ready after ${READY_MS / 1000} seconds.`, 'Look into its log.');
    }
    await sleep(5);
  }
  return alive;
}
