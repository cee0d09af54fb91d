import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresFault } from './fault.ts';
import { isRunning } from './is-running.ts';
import { readIfThere } from './read-if-there.ts';

/** What a running server wrote into `postmaster.pid`. */
interface Postmaster {
  pid: number;
  status: string;
}

const pidFile = (data: string) => join(data, 'postmaster.pid');

/** The server that uses this data folder, or did until it was killed. */
export function readPostmaster(data: string): Postmaster | undefined {
  const lines = readIfThere(pidFile(data)).split('\n');
  if (!lines[0]) return undefined;
  return { pid: Number(lines[0]), status: lines[7]?.trim() ?? '' };
}

/** Whether the server in this data folder takes connections. */
export const isReady = (data: string, pid: number): boolean => {
  const postmaster = readPostmaster(data);
  return postmaster?.pid === pid && postmaster.status === 'ready';
};

/**
 * Stops the server of this data folder, if one runs: fast (open transactions roll back), and if that takes longer than
 * `patienceMs`, immediately (the next start recovers from the log). Throws PostgresFault when nothing helps.
 */
export async function stopPostmaster(data: string, patienceMs: number): Promise<void> {
  const postmaster = readPostmaster(data);
  if (!postmaster || !isRunning(postmaster.pid)) return;
  if (!isServerOf(postmaster.pid, data)) return disownPid(data);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    process.kill(postmaster.pid, signal);
    if (await isGone(postmaster.pid, patienceMs)) return;
  }
  throw new PostgresFault(
    `A PostgreSQL server (process ${postmaster.pid}) does not stop.`,
    'Restart the machine: it hangs in the kernel, most likely on its disk.',
  );
}

async function isGone(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (!isRunning(pid)) return true;
    await sleep(10);
  }
  return !isRunning(pid);
}

/** After a crash or a restart of the machine the number may belong to a program of somebody else. */
function isServerOf(pid: number, data: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return true;
  return readIfThere(`/proc/${pid}/cmdline`).split('\0').includes(data);
}

/**
 * PostgreSQL would take a live process of that number for its predecessor and refuse to start. It takes the number of
 * its own parent for a leftover, and still checks that no orphan uses the shared memory that the file names.
 */
function disownPid(data: string): void {
  const [, ...rest] = readFileSync(pidFile(data), 'utf8').split('\n');
  writeFileSync(pidFile(data), [process.pid, ...rest].join('\n'));
}
