import type { ProcessIdentity } from '../process-identity.ts';
import type { ProcessUsage } from './process-list.ts';

/** How the program itself ended. */
export interface ProgramEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** That it shall write down where it stands; that it shall end. */
export type ProgramSignal = 'SIGUSR1' | 'SIGTERM';

/** A started program with all that it starts in turn. */
export interface Program {
  /** Settles when the program ends; what it left behind may live on until `destroy`. */
  ended: Promise<ProgramEnd>;
  /** Who must be killed, and who woken, if the shim is lost. */
  traces(): { supervised: ProcessIdentity[]; helpers: ProcessIdentity[] };
  /** Folders of its control groups. */
  controlGroups: string[];
  /** Bytes of files that are deleted and still open, which no look at the folder finds. */
  deletedBytes(): number;
  /** What all its processes use now. */
  usage(memoryLimitBytes: number): ProcessUsage;
  /** To be called now and then while it is not paused, so that its end is not missed. */
  tend(): void;
  /** To the program itself, not to what it started. */
  signal(name: ProgramSignal): void;
  /** Halts every process. */
  pause(): void;
  resume(): void;
  /** SIGKILL to every process; settles when all are gone, with the number of those that are not: always 0. */
  destroy(): Promise<number>;
}

/** The program could not be started: not found, not executable, or its sandbox could not be built. */
export class NotStarted extends Error {}

/** Where the program's standard output and error go: descriptors open for writing. */
export interface Output {
  stdout: number;
  stderr: number;
}
