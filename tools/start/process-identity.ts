import { isRunning, statFields } from '@kontor/postgres/is-running';
import { readIfThere } from '@kontor/postgres/read-if-there';

/**
 * Tells a process from a later one with the same number: its number and, where the kernel says, when it started and in
 * which boot. One line of text, to be kept in a file.
 */
export function identify(pid: number): string {
  return [pid, startTime(pid), readIfThere('/proc/sys/kernel/random/boot_id').trim()].join(' ');
}

/** The process that a line of `identify` names, if it still runs. */
export function aliveFrom(identity: string): number | undefined {
  const pid = Number(identity.split(' ')[0]);
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  return isRunning(pid) && identify(pid) === identity ? pid : undefined;
}

const startTime = (pid: number): string => statFields(pid)[19] ?? '';
