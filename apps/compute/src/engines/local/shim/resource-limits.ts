import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Limits } from '../job-folder.ts';

/**
 * How far a job may pass a limit that the shim watches before the kernel itself says no: far enough that the next
 * sample sees it and ends the job with a reason, near enough that nothing is harmed until then.
 */
const HEADROOM = { processes: 16, fileBytes: 1024 * 1024 };
const OPEN_FILES = 1024;

/** Arguments of prlimit for a job. Limits are never above those of the shim itself, which only root may raise. */
export function resourceLimits({ processes, diskBytes }: Pick<Limits, 'processes' | 'diskBytes'>): string[] {
  const own = hardLimits(readFileSync('/proc/self/limits', 'latin1'));
  const capped = (name: string, value: number): number => Math.min(value, own.get(name) ?? Infinity);
  return [
    '--core=0',
    ...(countsByJob() ? [`--nproc=${capped('Max processes', processes + HEADROOM.processes)}`] : []),
    `--fsize=${capped('Max file size', diskBytes + HEADROOM.fileBytes)}`,
    `--nofile=${capped('Max open files', OPEN_FILES)}:`,
  ];
}

/** Whether the kernel counts a job's processes alone: for a user of its own, and since 5.14 for a user namespace. */
function countsByJob(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return process.getuid?.() === 0 || major > 5 || (major === 5 && minor >= 14);
}

/** Hard limits by name as /proc/PID/limits has them; unlimited ones are left out. */
export function hardLimits(text: string): Map<string, number> {
  const rows = [...text.matchAll(/^(Max [a-z ]+?) {2,}\S+ +(\d+)/gm)];
  return new Map(rows.map(([, name = '', hard]) => [name, Number(hard)]));
}
