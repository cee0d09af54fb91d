import { readIfThere } from './read-if-there.ts';

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !['Z', 'X'].includes(statFields(pid)[0] ?? '');
}

/** What follows the program's name, which may hold spaces and parentheses, in /proc/PID/stat: its state first. */
export const statFields = (pid: number): string[] =>
  readIfThere(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
