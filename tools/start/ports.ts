import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { HOST, PORTS, type Listener } from './settings.ts';
import { StartFault } from './start-fault.ts';

/** Throws StartFault unless every port can be listened on: which one, by whom it is taken, what changes it. */
export async function checkPorts(ports: Record<Listener, number>): Promise<void> {
  for (const [listener, port] of Object.entries(ports) as [Listener, number][]) {
    const error = await listenError(port);
    if (!error) continue;
    const { variable } = PORTS[listener];
    if (error === 'EADDRINUSE') {
      throw new StartFault(
        `Port ${port} (${listener}) is taken${describe(ownerOf(port))}.`,
        `Stop that program, or set ${variable} to a free port.`,
      );
    }
    throw new StartFault(
      `Port ${port} (${listener}) cannot be listened on (${error}).`,
      `Set ${variable} to a port from 1024 on.`,
    );
  }
}

async function listenError(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    server.close();
  }
}

interface Owner {
  pid: number;
  command: string;
}

const describe = (owner: Owner | undefined): string => (owner ? ` by process ${owner.pid} (${owner.command})` : '');

/** The process that listens on a port, as far as /proc lets us see. */
export function ownerOf(port: number): Owner | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    const owns = list(`/proc/${pid}/fd`).some((descriptor) => inodes.has(link(`/proc/${pid}/fd/${descriptor}`)));
    if (owns)
      return {
        pid: Number(pid),
        command: readIfThere(`/proc/${pid}/cmdline`).split('\0').join(' ').trim().slice(0, 80),
      };
  }
  return undefined;
}

/** Sockets of a table of /proc/net that listen on a port, as links to them read in /proc/PID/fd. */
function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readIfThere(table)
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/));
  return rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === LISTEN).map((row) => `socket:[${row[9]}]`);
}

const list = (folder: string): string[] => attempt(() => readdirSync(folder), []);
const link = (path: string): string => attempt(() => readlinkSync(path), '');

/** Processes end while we look, and those of other users are closed to us. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
