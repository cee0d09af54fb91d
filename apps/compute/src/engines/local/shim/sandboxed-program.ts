import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statfsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { JobFolder, JobSpec } from '../job-folder.ts';
import { identify, identifyAll, signal, type ProcessIdentity } from '../process-identity.ts';
import type { ControlGroup } from './control-group.ts';
import { deletedBytes } from './open-bytes.ts';
import { namelessBytes, segmentBytes } from './shared-memory.ts';

import { launch, type Launched } from './launch.ts';
import {
  countInNamespace,
  countProcesses,
  listProcesses,
  namespaceOf,
  sumUsage,
  type ListedProcess,
} from './process-list.ts';
import { NotStarted, type Output, type Program, type ProgramEnd, type ProgramSignal } from './program.ts';
import { HOLD_SANDBOX } from './sandbox-scripts.ts';

const NAMESPACES = ['--mount', '--pid', '--net', '--ipc', '--uts'];
const SHARED_BYTES_MAX = 1024 ** 3;
/** Only who enters the namespace is shown its System V segments, and that takes a process. */
const SEGMENTS_MS = 1_000;

/** A sandbox that is ready for a program, held by its first process. */
export interface Sandbox {
  /** Ends when the first process and everything in its process namespace has ended. */
  holder: ChildProcess;
  /** The first process, as it is known outside the namespace. */
  first: ProcessIdentity;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Builds a sandbox. Its first process reads from this process and ends when this process does, however it ends; the
 * kernel then kills all that is in its process namespace.
 *
 * @throws NotStarted with what the machine said
 */
export async function buildSandbox(folder: JobFolder, spec: JobSpec): Promise<Sandbox> {
  const { memoryBytes, diskBytes } = spec.limits;
  const identity = isRoot() ? [] : ['--user', '--map-root-user'];
  const holder = spawn(
    'unshare',
    [...identity, ...NAMESPACES, '--fork', '--kill-child', 'sh', '-c', HOLD_SANDBOX, 'sandbox', ...spec.deviceNodes],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ROOT: folder.root,
        WORK: folder.work,
        HIDDEN: spec.hidden,
        NODE: spec.nodeBinary,
        USER_ID: String(spec.userId ?? 0),
        SCRATCH_BYTES: String(Math.min(diskBytes, memoryBytes)),
        SHARED_BYTES: String(Math.min(SHARED_BYTES_MAX, Math.floor(memoryBytes / 2))),
      },
    },
  );
  holder.stdin?.on('error', () => undefined);
  const complaint = text(holder.stderr!);
  const failed = once(holder, 'exit').then(async () => {
    throw new NotStarted(`The sandbox could not be built: ${(await complaint).trim()}`);
  });
  const ready = once(holder.stdout!, 'data').then(([line]) => Number(/^ready (\d+)/.exec(String(line))?.[1]));
  const first = identify(await Promise.race([ready, failed]));
  if (!first) await failed;
  failed.catch(() => undefined);
  return { holder, first: first! };
}

/** Runs a program in a sandbox: in its namespaces, as its user, without any capability. */
export async function startSandboxed(
  folder: JobFolder,
  spec: JobSpec,
  output: Output,
  group?: ControlGroup,
): Promise<Program> {
  try {
    const sandbox = await buildSandbox(folder, spec);
    return new SandboxedProgram(sandbox, await launchIn(sandbox, spec, output, group), group);
  } catch (error) {
    group?.remove();
    throw error;
  }
}

/** Where the program does not begin, its sandbox is gone too. */
async function launchIn(sandbox: Sandbox, spec: JobSpec, output: Output, group?: ControlGroup): Promise<Launched> {
  const gone = new Promise((resolve) => sandbox.holder.once('exit', resolve));
  try {
    return await launch(spec, output, {
      work: '/job',
      enter: nsenter(sandbox.first.pid, NAMESPACES),
      groups: group?.joins ?? [],
      processes: spec.limits.processes,
    });
  } catch (error) {
    signal(sandbox.first, 'SIGKILL');
    if (sandbox.holder.exitCode === null && sandbox.holder.signalCode === null) await gone;
    throw error;
  }
}

const nsenter = (firstPid: number, namespaces: string[]): string[] => [
  'nsenter',
  `--target=${firstPid}`,
  ...(isRoot() ? [] : ['--user', '--preserve-credentials']),
  ...namespaces,
];

class SandboxedProgram implements Program {
  private readonly sandbox: Sandbox;
  private readonly entry: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
  readonly controlGroups: string[];
  private readonly group: ControlGroup | undefined;
  /** The namespace's own /proc: it shows the job's processes and no others, so that a look costs what the job is. */
  private readonly proc: string;
  private segmentsAtMs = 0;
  private segmentsBytes = 0;

  constructor(sandbox: Sandbox, { entry, ended }: Launched, group: ControlGroup | undefined) {
    this.sandbox = sandbox;
    this.entry = entry;
    this.ended = ended;
    this.group = group;
    this.controlGroups = group?.folders ?? [];
    this.proc = `/proc/${sandbox.first.pid}/root/proc`;
  }

  traces = () => ({
    supervised: identifyAll([this.sandbox.first.pid]),
    helpers: identifyAll([this.sandbox.holder.pid, this.entry.pid]),
  });

  usage(memoryLimitBytes: number) {
    const inside = listProcesses(this.proc).filter(({ pid }) => pid !== 1);
    const usage = sumUsage(this.proc, inside, memoryLimitBytes);
    return {
      ...usage,
      // A fork bomb's processes come and go faster than each can be looked at, and are counted nevertheless.
      processes: Math.max(usage.processes, countProcesses(this.proc) - 1, 0),
      memoryBytes: usage.memoryBytes + this.filesInMemoryBytes() + this.hiddenBytes(inside),
      cpuMs: this.group?.cpuMs() ?? usage.cpuMs,
      outOfMemory: this.group?.outOfMemory() ?? false,
    };
  }

  deletedBytes = (): number => deletedBytes(this.proc, listProcesses(this.proc), '/job/');

  tend(): void {
    // nsenter halts itself when the program does, and would then not notice that the program goes on and ends.
    this.entry.kill('SIGCONT');
  }

  signal(name: ProgramSignal): void {
    const [pid] = readFileSync(`/proc/${this.entry.pid}/task/${this.entry.pid}/children`, 'latin1').split(' ');
    const program = identify(Number(pid));
    if (program) signal(program, name);
  }

  pause(): void {
    this.signalAll('STOP');
  }

  resume(): void {
    this.tend();
    this.signalAll('CONT');
  }

  async destroy(): Promise<number> {
    const { holder, first } = this.sandbox;
    const namespace = namespaceOf(first.pid);
    if (holder.exitCode === null && holder.signalCode === null) {
      const gone = once(holder, 'exit');
      signal(first, 'SIGKILL');
      this.tend();
      await gone;
    }
    await this.ended;
    this.group?.remove();
    return namespace === undefined ? 0 : countInNamespace(namespace);
  }

  /** Signals every process of the namespace in one step that no fork can slip through; its first is exempt. */
  private signalAll(name: 'STOP' | 'CONT'): void {
    const [command = '', ...args] = nsenter(this.sandbox.first.pid, ['--pid']);
    spawnSync(command, [...args, 'sh', '-c', `kill -${name} -1`]);
  }

  /** The kernel counts it in a control group; where there is none, somebody has to. */
  private hiddenBytes(inside: ListedProcess[]): number {
    if (this.group) return 0;
    if (performance.now() >= this.segmentsAtMs) {
      const [command = '', ...args] = nsenter(this.sandbox.first.pid, ['--ipc']);
      const { stdout } = spawnSync(command, [...args, 'cat', '/proc/sysvipc/shm'], { encoding: 'latin1' });
      this.segmentsBytes = segmentBytes(stdout ?? '');
      this.segmentsAtMs = performance.now() + SEGMENTS_MS;
    }
    return namelessBytes(this.proc, inside) + this.segmentsBytes;
  }

  private filesInMemoryBytes(): number {
    try {
      return ['tmp', 'dev/shm'].reduce((sum, path) => {
        const { blocks, bfree, bsize } = statfsSync(`/proc/${this.sandbox.first.pid}/root/${path}`);
        return sum + (blocks - bfree) * bsize;
      }, 0);
    } catch {
      return 0; // The namespace is gone, and they with it.
    }
  }
}
