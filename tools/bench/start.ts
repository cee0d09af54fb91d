import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperator } from '@kontor/testing/operator';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { copyClone } from '../start/copy-clone.ts';
import { atMost, type Figure } from './figure.ts';

const ROUNDS = 5;
const COLD_S_MAX = 15;
const WARM_S_MAX = 8;

/**
 * How long `npm start` takes until the operator serves: from installed packages alone (nothing generated, built or
 * initialised), and again on what that left. Also the memory of everything it runs, shared pages counted once. All of
 * it in copies of this clone, from which something may be running.
 */
export async function run(): Promise<Figure[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const root = mkdtempSync(join(tmpdir(), 'kontor-bench-start-'));
    try {
      copyClone(root);
      cold.push(await secondsToServe(root));
      warm.push(await secondsToServe(root, (mib) => memory.push(mib)));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  return [
    atMost('cold start, from installed packages', 's', cold, COLD_S_MAX),
    atMost('warm start', 's', warm, WARM_S_MAX),
    atMost('resident memory of the whole stack', 'MiB', memory, 1024),
  ];
}

async function secondsToServe(root: string, measure?: (mib: number) => void): Promise<number> {
  const began = performance.now();
  const operator = await startOperator({ root, home: join(root, '.kontor') });
  const seconds = (performance.now() - began) / 1000;
  measure?.(residentMib(operator.home));
  await operator.stop();
  return seconds;
}

/** Proportional set size of every process that carries this operator's folder in its environment, and PostgreSQL's. */
function residentMib(home: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const kib = pids
    .filter((pid) => belongsTo(pid, home))
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kib.reduce((sum, size) => sum + size, 0) / 1024;
}

/** PostgreSQL's own processes are children of the postmaster, whose folder is ours. */
function belongsTo(pid: string, home: string): boolean {
  if (readIfThere(`/proc/${pid}/environ`).includes(`KONTOR_HOME=${home}\0`)) return true;
  const parent = /^PPid:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? '';
  return [pid, parent].some((id) => readIfThere(`/proc/${id}/cmdline`).includes(join(home, 'postgres')));
}
