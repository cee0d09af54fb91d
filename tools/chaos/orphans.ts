import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { eventually } from '@kontor/testing/eventually';

/** Processes that carry a job of this operator in their environment or on their command line: programs and shims. */
export function jobProcesses(home: string): number[] {
  const jobs = join(home, 'jobs');
  const jobIds = existsSync(jobs) ? readdirSync(jobs) : [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      const said = readIfThere(`/proc/${pid}/environ`) + readIfThere(`/proc/${pid}/cmdline`);
      return jobIds.some((id) => said.includes(id));
    })
    .map(Number);
}

/** A shim ends a moment after it has written down its job's end. Answers how many processes never end. */
export async function untilNoneAlive(home: string): Promise<number> {
  try {
    await eventually('no process of an ended job is alive', () => jobProcesses(home).length === 0, {
      withinMs: 10_000,
    });
    return 0;
  } catch {
    return jobProcesses(home).length;
  }
}
