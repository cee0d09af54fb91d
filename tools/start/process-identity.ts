import { readIfThere } from './read-if-there.ts';

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

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !['Z', 'X'].includes(statFields(pid)[0] ?? '');
}

const startTime = (pid: number): string => statFields(pid)[19] ?? '';

/** What follows the program's name, which may hold spaces and parentheses, in /proc/PID/stat. */
const statFields = (pid: number): string[] =>
  readIfThere(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
