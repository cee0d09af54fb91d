import { spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobFolder, JobSpec } from '../job-folder.ts';
import { bootId, identifyAll, signal } from '../process-identity.ts';
import { deletedBytes } from './open-bytes.ts';
import { namelessBytes, segmentBytes } from './shared-memory.ts';
import { launch } from './launch.ts';
import { listProcesses, sumUsage, type ListedProcess } from './process-list.ts';
import type { Output, Program, ProgramEnd, ProgramSignal } from './program.ts';

/** Rounds of looking for what is left; each kills all it finds, so only what forks faster than a look survives one. */
const ROUNDS_MAX = 200;
/** Where a job shares its user, the kernel counts what else that user has; this much of it may yet come. */
const OTHERS_TO_COME = 256;

/** Whose processes are meant. */
type JobProcesses = Pick<JobSpec, 'jobId' | 'userId'>;

/**
 * Runs a program where the kernel allows no namespaces, among all other processes. With a user of its own its processes
 * are that user's; otherwise they are found by the job's id in their environment and by their parents.
 */
export async function startBare(folder: JobFolder, spec: JobSpec, output: Output): Promise<Program> {
  const others = spec.userId === undefined ? processesOfUser(process.getuid?.() ?? 0) + OTHERS_TO_COME : 0;
  const { entry, ended } = await launch(spec, output, {
    work: folder.work,
    enter: [],
    groups: [],
    processes: spec.limits.processes + others,
  });
  return new BareProgram(spec, folder.work, entry, ended);
}

/** Live processes of a job. `known` are start times by number that were the job's before. */
export function processesOf({ jobId, userId }: JobProcesses, known = new Map<number, number>()): ListedProcess[] {
  const all = listProcesses('/proc').filter(({ pid, state }) => pid !== process.pid && state !== 'Z');
  if (userId !== undefined) return all.filter(({ pid }) => userOf(pid) === userId);
  const marker = `KONTOR_JOB_ID=${jobId}`;
  const mine = new Set(
    all.filter((one) => known.get(one.pid) === one.startTicks || hasMarker(one.pid, marker)).map(({ pid }) => pid),
  );
  for (let before = -1; before !== mine.size;) {
    before = mine.size;
    for (const { pid, parentPid } of all) if (mine.has(parentPid)) mine.add(pid);
  }
  const found = all.filter(({ pid }) => mine.has(pid));
  for (const { pid, startTicks } of found) known.set(pid, startTicks);
  return found;
}

/** Kills whatever is left of a job that has no namespaces; answers how many are still alive. */
export async function killProcessesOf(job: JobProcesses, known?: Map<number, number>): Promise<number> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (processesOf(job, known).length === 0) return 0;
    signalAll(job, 'KILL', known);
    await sleep(5);
  }
  return processesOf(job, known).length;
}

/** With a user of its own all in one step that no fork can slip through, otherwise one by one. */
function signalAll(job: JobProcesses, name: 'KILL' | 'STOP' | 'CONT', known?: Map<number, number>): void {
  const { userId } = job;
  if (userId !== undefined) {
    spawnSync('setpriv', [`--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', 'sh', '-c', `kill -${name} -1`]);
    return;
  }
  for (const { pid, startTicks } of processesOf(job, known))
    signal({ pid, startTicks, bootId: bootId() }, `SIG${name}`);
}

class BareProgram implements Program {
  readonly ended: Promise<ProgramEnd>;
  readonly controlGroups: string[] = [];
  private readonly job: JobProcesses;
  private readonly work: string;
  private readonly child: ChildProcess;
  private readonly known = new Map<number, number>();

  constructor(job: JobProcesses, work: string, child: ChildProcess, ended: Promise<ProgramEnd>) {
    this.job = job;
    this.work = work;
    this.child = child;
    this.ended = ended;
  }

  traces = () => ({ supervised: identifyAll([this.child.pid]), helpers: [] });

  usage(memoryLimitBytes: number) {
    const processes = processesOf(this.job, this.known);
    const usage = sumUsage('/proc', processes, memoryLimitBytes);
    return { ...usage, memoryBytes: usage.memoryBytes + namelessBytes('/proc', processes) + this.segmentsBytes() };
  }

  private segmentsBytes = (): number =>
    segmentBytes(textOf('/proc/sysvipc/shm'), ({ creatorUser, creatorPid }) =>
      this.job.userId === undefined ? this.known.has(creatorPid) : this.job.userId === creatorUser,
    );

  deletedBytes = (): number => deletedBytes('/proc', processesOf(this.job, this.known), `${this.work}/`);

  tend = (): void => undefined;

  signal(name: ProgramSignal): void {
    this.child.kill(name);
  }

  pause = (): void => signalAll(this.job, 'STOP', this.known);

  resume = (): void => signalAll(this.job, 'CONT', this.known);

  async destroy(): Promise<number> {
    const left = await killProcessesOf(this.job, this.known);
    await this.ended;
    return left;
  }
}

const processesOfUser = (userId: number): number =>
  listProcesses('/proc').reduce((sum, { pid, threads }) => sum + (userOf(pid) === userId ? threads : 0), 0);

/** The real user of a process; of one that is gone, none. */
function userOf(pid: number): number | undefined {
  const [, digits] = /^Uid:\t(\d+)/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

const hasMarker = (pid: number, marker: string): boolean => textOf(`/proc/${pid}/environ`).split('\0').includes(marker);

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
