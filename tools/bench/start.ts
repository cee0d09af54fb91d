import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperator } from '@kontor/testing/operator';
import { atMost, type Figure } from './figure.ts';

const ROUNDS = 5;
const COLD_S_MAX = 15;
const WARM_S_MAX = 8;
const ROOT = join(import.meta.dirname, '..', '..');

/**
 * How long `npm start` takes until the operator serves: from installed packages alone (nothing generated, built or
 * initialised), and again on what that left. Also the memory of everything it runs, shared pages counted once.
 */
export async function run(): Promise<Figure[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const home = mkdtempSync(join(tmpdir(), 'kontor-bench-start-'));
    forgetBuild();
    cold.push(await secondsToServe(home));
    warm.push(await secondsToServe(home, (mib) => memory.push(mib)));
    rmSync(home, { recursive: true, force: true });
  }
  return [
    atMost('cold start, from installed packages', 's', cold, COLD_S_MAX),
    atMost('warm start', 's', warm, WARM_S_MAX),
    atMost('resident memory of the whole stack', 'MiB', memory, 1024),
  ];
}

/** Everything that a start generates or builds. */
function forgetBuild(): void {
  for (const folder of ['apps', 'libs']) {
    for (const project of readdirSync(join(ROOT, folder))) {
      for (const made of ['dist', 'gen']) rmSync(join(ROOT, folder, project, made), { recursive: true, force: true });
    }
  }
  rmSync(join(ROOT, '.nx'), { recursive: true, force: true });
  rmSync(join(ROOT, 'node_modules', '.cache', 'kontor'), { recursive: true, force: true });
}

async function secondsToServe(home: string, measure?: (mib: number) => void): Promise<number> {
  const began = performance.now();
  const operator = await startOperator({ home });
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
    .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kib.reduce((sum, size) => sum + size, 0) / 1024;
}

/** PostgreSQL's own processes are children of the postmaster, whose folder is ours. */
function belongsTo(pid: string, home: string): boolean {
  if (read(`/proc/${pid}/environ`).includes(`KONTOR_HOME=${home}\0`)) return true;
  const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? '';
  return [pid, parent].some((id) => read(`/proc/${id}/cmdline`).includes(join(home, 'postgres')));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
