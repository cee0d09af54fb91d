import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessIdentity } from './process-identity.ts';

/** Where everything about one job is. The engine and the job's shim speak to each other only through these files. */
export interface JobFolder {
  path: string;
  /** What to run; complete before the folder gets its name. */
  spec: string;
  /** Elapsed milliseconds it may reach. Written by the engine. */
  cover: string;
  /** Exists when the job shall stop. Written by the engine. */
  stop: string;
  /** Exists when the job shall stop once it had time for a checkpoint. Written by the engine. */
  leave: string;
  /** Exists while the job shall be paused. Written by the engine. */
  paused: string;
  /** Who supervises it. Made once, whatever happens. */
  claim: string;
  /** What is true while it runs. */
  heartbeat: string;
  /** How it ended. Made once, when nothing of it is alive. */
  exit: string;
  stdout: string;
  stderr: string;
  /** Working folder of the program. */
  work: string;
  /** Declared outputs, moved here at the end. */
  outputs: string;
  /** Empty: where the root of the sandbox is mounted. */
  root: string;
  /** What the shim itself has to complain about. */
  shimLog: string;
}

export const jobFolder = (path: string): JobFolder => ({
  path,
  spec: join(path, 'spec.json'),
  cover: join(path, 'cover'),
  stop: join(path, 'stop'),
  leave: join(path, 'leave'),
  paused: join(path, 'paused'),
  claim: join(path, 'claim.json'),
  heartbeat: join(path, 'heartbeat.json'),
  exit: join(path, 'exit.json'),
  stdout: join(path, 'stdout'),
  stderr: join(path, 'stderr'),
  work: join(path, 'work'),
  outputs: join(path, 'outputs'),
  root: join(path, 'root'),
  shimLog: join(path, 'shim.log'),
});

/** What a shim needs to know, decided by the engine; the shim decides nothing about machines or devices. */
export interface JobSpec {
  jobId: string;
  /** SHA-256 of the request, so that the same id with other content is noticed. */
  contentSha256: string;
  isolation: 'namespaces' | 'none';
  command: string[];
  /** Whole environment of the program. */
  environment: Record<string, string>;
  /** User that the program runs as; undefined where it stays who the shim is. */
  userId?: number;
  /** Cores that the program is kept on; undefined where they are not its devices. */
  cores?: number[];
  /** Device nodes that the job was given. */
  deviceNodes: string[];
  limits: Limits;
  /** Files of the store, and where in the working folder they go. */
  inputs: { path: string; file: string }[];
  outputs: string[];
  /** The Node binary that the sandbox shows as `node`. */
  nodeBinary: string;
  /** Kontor's own folder, which the sandbox hides. */
  hidden: string;
  /** Where to make control groups, if the operator named a place. */
  controlGroup?: string;
}

/** All that a job may use. */
export interface Limits {
  memoryBytes: number;
  diskBytes: number;
  /** Processes and threads. */
  processes: number;
  logBytes: number;
  /** Whole cores' worth of processor time; absent where it asked for none. */
  cores?: number;
  timeMs: number;
  graceMs: number;
  /** From the checkpoint signal to the notice; absent where the program wants none. */
  checkpointMs?: number;
}

/** Cumulative. */
export interface UsageRecord {
  elapsedMs: number;
  cpuMs: number;
  memoryBytesMax: number;
  diskBytes: number;
  logBytes: number;
}

export const NO_USAGE: UsageRecord = { elapsedMs: 0, cpuMs: 0, memoryBytesMax: 0, diskBytes: 0, logBytes: 0 };

export interface Heartbeat {
  state: 'RUNNING' | 'PAUSED' | 'STOPPING';
  usage: UsageRecord;
  /** Milliseconds since 1970. */
  startedAtMs: number;
  /** Processes to kill if the shim is lost; the others of the job go with them. */
  supervised: ProcessIdentity[];
  /** Processes of ours that end by themselves then, and must not be halted: they bury what is killed. */
  helpers: ProcessIdentity[];
  /** Folders of control groups that must go with them. */
  controlGroups: string[];
}

export type End =
  | 'EXITED'
  | 'STOPPED'
  | 'TIME_LIMIT'
  | 'MEMORY_LIMIT'
  | 'DISK_LIMIT'
  | 'PROCESS_LIMIT'
  | 'COVER_ENDED'
  | 'NOT_STARTED'
  | 'LOST';

export interface OutputRecord {
  path: string;
  sha256: string;
  sizeBytes: number;
}

export interface ExitRecord {
  end: End;
  exitCode?: number;
  signal?: string;
  /** One sentence for the job's owner. */
  detail: string;
  usage: UsageRecord;
  startedAtMs: number;
  endedAtMs: number;
  outputs: OutputRecord[];
  /** Processes found after everything was killed: always 0. */
  leftAlive: number;
}

/** A record, or undefined where it is not there yet. Records are replaced whole, so none is read half written. */
export function readRecord<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Replaces a record in one step.
 *
 * @param flush whether a power cut must leave the old record or the new one, whole, and not an empty file
 */
export function replaceRecord(path: string, record: unknown, { flush = false } = {}): void {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(record), { flush });
  renameSync(temporary, path);
}

/** Makes a record that outlives a crash of the machine, unless it is there already. Says whether it was made. */
export function makeRecordOnce(path: string, record: unknown): boolean {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(record), { flush: true });
  try {
    linkSync(temporary, path);
    flushFolder(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
}

/** Makes names in a folder outlive a crash of the machine. */
export function flushFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** What the engine asks of a running job. */
export interface Wishes {
  /** 0 where it cannot be read. */
  coverMs: number;
  stop: boolean;
  /** To stop once it had time for a checkpoint. */
  leave: boolean;
  paused: boolean;
}

export const readWishes = (folder: JobFolder): Wishes => ({
  coverMs: Number(/^\d+$/.exec(readFileSync(folder.cover, 'latin1'))?.[0] ?? 0),
  stop: existsSync(folder.stop),
  leave: existsSync(folder.leave),
  paused: existsSync(folder.paused),
});
