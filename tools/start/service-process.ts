import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere } from '@kontor/postgres/read-if-there';
import type { Running } from './keep.ts';
import { aliveFrom, identify } from './process-identity.ts';
import { StartFault } from './start-fault.ts';

export interface ServiceProcessOptions {
  name: string;
  program: string;
  env: Record<string, string>;
  logFile: string;
  pidFile: string;
  isServing(): Promise<boolean>;
}

const READY_MS = 60_000;
const POLL_MS = 50;
const LOG_BYTES_MAX = 64 * 2 ** 20;

/** Starts a service and waits until it serves. Throws StartFault with its own words when it does not. */
export async function startService(options: ServiceProcessOptions, signal: AbortSignal): Promise<Running> {
  const log = openLog(options.logFile);
  const logged = statSync(options.logFile).size;
  const child = spawn(process.execPath, [options.program], {
    cwd: dirname(options.program),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const ended = endOf(child);
  const running = { ended, stop: (patienceMs: number) => stopChild(child, ended, options.pidFile, patienceMs) };
  try {
    if (child.pid) writeFileSync(options.pidFile, identify(child.pid));
    await untilServing(options, ended, logged, signal);
    return running;
  } catch (error) {
    await running.stop(1_000);
    throw error;
  }
}

async function untilServing(
  options: ServiceProcessOptions,
  ended: Promise<string>,
  logged: number,
  signal: AbortSignal,
) {
  const { name, logFile } = options;
  let how: string | undefined;
  void ended.then((end) => (how = end));
  const deadline = performance.now() + READY_MS;
  while (!(await options.isServing())) {
    signal.throwIfAborted();
    if (how)
      throw new StartFault(`${name} ended at once (${how}): ${lastWords(logFile, logged)}`, `Its log is ${logFile}.`);
    if (performance.now() > deadline) {
      throw new StartFault(`${name} does not serve after ${READY_MS / 1000} seconds.`, `Its log is ${logFile}.`);
    }
    await sleep(POLL_MS);
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal ?? `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}

async function stopChild(
  child: ChildProcess,
  ended: Promise<string>,
  pidFile: string,
  patienceMs: number,
): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(force);
  rmSync(pidFile, { force: true });
}

/** How a service is known again that an earlier starter began. */
export interface Leftover {
  program: string;
  /** Its `KONTOR_HOME`. */
  home: string;
  pidFile: string;
}

/** Stops a service that a killed starter left behind. */
export async function stopLeftover({ program, home, pidFile }: Leftover, patienceMs: number): Promise<void> {
  const recorded = aliveFrom(readIfThere(pidFile));
  // A starter may be killed before it has written down what it started.
  const pids = new Set([...(recorded === undefined ? [] : [recorded]), ...startedWith(program, home)]);
  await Promise.all([...pids].map((pid) => end(pid, patienceMs)));
  rmSync(pidFile, { force: true });
}

/** Processes that run a program for a folder, as far as /proc lets us see. */
const startedWith = (program: string, home: string): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && readIfThere(`/proc/${pid}/cmdline`).split('\0')[1] === program)
    .filter((pid) => readIfThere(`/proc/${pid}/environ`).split('\0').includes(`KONTOR_HOME=${home}`));

async function end(pid: number, patienceMs: number): Promise<void> {
  const identity = identify(pid);
  const tell = (signal: NodeJS.Signals): void => {
    if (aliveFrom(identity) !== undefined) process.kill(pid, signal);
  };
  tell('SIGTERM');
  const deadline = performance.now() + patienceMs;
  while (aliveFrom(identity) !== undefined) {
    if (performance.now() > deadline) tell('SIGKILL');
    await sleep(POLL_MS);
  }
}

/** Opens a log to append to; one that has grown large makes way for a new one. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** The last message in what a service logged since `offset`: its fatal one, if it wrote one. */
function lastWords(logFile: string, offset: number): string {
  const lines = readFileSync(logFile).subarray(offset).toString().trim().split('\n');
  const fatal =
    lines.findLast((line) => line.includes('"level":60')) ?? lines.findLast((line) => line.trim() !== '') ?? '';
  try {
    return String((JSON.parse(fatal) as { msg?: unknown }).msg ?? fatal);
  } catch {
    return fatal;
  }
}
