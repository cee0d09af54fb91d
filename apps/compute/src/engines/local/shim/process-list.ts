import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { statFields, type ProcessStat } from '../process-identity.ts';

/** Linux tells processor time in hundredths of a second on every architecture that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;

export interface ListedProcess extends ProcessStat {
  pid: number;
}

/** What a set of processes uses together. */
export interface ProcessUsage {
  memoryBytes: number;
  cpuMs: number;
  /** Processes and threads. */
  processes: number;
  /** The kernel has killed one for want of memory. */
  outOfMemory: boolean;
}

/** Every process that a /proc shows: that of a process namespace shows only what is in it. */
export function listProcesses(proc: string): ListedProcess[] {
  return pidsIn(proc).flatMap((pid) => {
    try {
      return [{ pid, ...statFields(readFileSync(`${proc}/${pid}/stat`, 'latin1')) }];
    } catch {
      return []; // It ended between the list and the look.
    }
  });
}

/** How many processes a /proc lists, also those that are gone before one can look at them. */
export const countProcesses = (proc: string): number => pidsIn(proc).length;

/**
 * Sums what processes use. Resident memory counts a page once for each process that shares it; only where that would
 * exceed the limit is it counted exactly, because the kernel walks every page table for it.
 */
export function sumUsage(proc: string, processes: ListedProcess[], limitBytes: number): ProcessUsage {
  const live = processes.filter(({ state }) => state !== 'Z' && state !== 'X');
  const residentBytes = live.reduce((sum, { residentPages }) => sum + residentPages * PAGE_BYTES, 0);
  return {
    memoryBytes: residentBytes > limitBytes ? proportionalBytes(proc, live) : residentBytes,
    cpuMs: processes.reduce((sum, { cpuTicks }) => sum + cpuTicks * MS_PER_TICK, 0),
    processes: processes.reduce((sum, { threads }) => sum + Math.max(threads, 1), 0),
    outOfMemory: false,
  };
}

/** Processor time of all children that this process has waited for, and of theirs. */
export function waitedCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}

/** How many processes of the machine are in a process namespace, named as /proc/PID/ns/pid reads. */
export function countInNamespace(namespace: string): number {
  return pidsIn('/proc').filter((pid) => namespaceOf(pid) === namespace).length;
}

export function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** None where the /proc is gone with its process namespace. */
function pidsIn(proc: string): number[] {
  try {
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function proportionalBytes(proc: string, processes: ListedProcess[]): number {
  return processes.reduce((sum, { pid, residentPages }) => {
    try {
      const [, kibibytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`${proc}/${pid}/smaps_rollup`, 'latin1')) ?? [];
      return sum + (kibibytes === undefined ? residentPages * PAGE_BYTES : Number(kibibytes) * 1024);
    } catch {
      return sum + residentPages * PAGE_BYTES;
    }
  }, 0);
}
