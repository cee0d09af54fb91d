import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobFolder, type JobFolder, type JobSpec } from './job-folder.ts';
import { startBare } from './shim/bare-program.ts';
import { controlGroup } from './shim/control-group.ts';
import type { Output, Program } from './shim/program.ts';
import { startSandboxed } from './shim/sandboxed-program.ts';

/** How well this machine lets jobs be kept apart, and why. */
export interface Isolation {
  kind: 'namespaces' | 'none';
  /** Whether each job runs as a user of its own. */
  ownUsers: boolean;
  detail: string;
}

export interface Trial {
  /** Where a folder for the trial may be made. */
  folder: string;
  nodeBinary: string;
  /** False where the operator wants no sandbox. */
  sandbox: boolean;
  /** How long a program may take that does nothing. */
  withinMs?: number;
}

const MIB = 1024 * 1024;
const GONE_WITHIN_MS = 1_000;
/** Above the users of jobs; another engine on this machine has another. */
const TRIAL_USER = 0x7800_0000 + process.pid;

/**
 * Finds out by running a program as a job would be run, because what a kernel offers and what it lets this user have in
 * this container are different things: in a sandbox; then without one as a user of its own; then as the same user.
 */
export async function tryIsolation({ folder, nodeBinary, sandbox, withinMs = 20_000 }: Trial): Promise<Isolation> {
  const root = process.getuid?.() === 0;
  const spec = trialSpec(nodeBinary, root ? { userId: TRIAL_USER } : {});
  const fault = sandbox ? await faultOf(folder, spec, startSandboxed, withinMs) : 'The operator wants none.';
  if (fault === undefined) {
    const user = root ? 'user' : 'user namespace';
    return {
      kind: 'namespaces',
      ownUsers: root,
      detail:
        `Each job has its own ${user} and its own process, mount, network, IPC and host name namespaces.` +
        ` ${cores()}`,
    };
  }
  const ownUsers = root && (await faultOf(folder, spec, startBare, withinMs)) === undefined;
  return {
    kind: 'none',
    ownUsers,
    detail:
      `Jobs run without a sandbox, ${ownUsers ? 'each as a user of its own' : 'all as the same user'}. ${fault}` +
      ` ${ADVISORY}`,
  };
}

const ADVISORY = 'Cores are advisory: nothing holds a job to those that it asked for.';

/** Whether the kernel lets this process hold a job to its cores. */
function cores(): string {
  const group = controlGroup(`trial-${process.pid}`, { memoryBytes: 64 * MIB, cores: 1 });
  group?.remove();
  return group?.limitsCores ? 'The kernel holds each job to its cores.' : ADVISORY;
}

/** Why a program cannot be run this way; undefined where it can. */
async function faultOf(
  folder: string,
  spec: JobSpec,
  start: (folder: JobFolder, spec: JobSpec, output: Output) => Promise<Program>,
  withinMs: number,
): Promise<string | undefined> {
  const trial = jobFolder(mkdtempSync(join(folder, '.trial-')));
  const nowhere = openSync('/dev/null', 'w');
  try {
    chmodSync(trial.path, 0o711);
    mkdirSync(trial.root);
    mkdirSync(trial.work, { mode: 0o700 });
    if (spec.userId !== undefined) chownSync(trial.work, spec.userId, spec.userId);
    const starting = start(trial, spec, { stdout: nowhere, stderr: nowhere });
    const late = sleep(withinMs, undefined, { ref: false });
    const end = await Promise.race([starting.then(({ ended }) => ended), late]);
    const gone = starting.then((program) => program.destroy());
    // What hangs before it has started ends with this process, and is not waited for.
    await Promise.race([gone, sleep(GONE_WITHIN_MS, undefined, { ref: false })]);
    if (end === undefined) return `A trial program did not end within ${withinMs} ms.`;
    return end.exitCode === 0 ? undefined : `A trial program exited with ${end.exitCode}.`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    closeSync(nowhere);
    rmSync(trial.path, { recursive: true, force: true });
  }
}

/** A program that needs its working folder by name and the Node binary. */
const trialSpec = (nodeBinary: string, user: { userId?: number }): JobSpec => ({
  jobId: 'trial',
  contentSha256: '',
  isolation: 'namespaces',
  command: ['sh', '-c', 'cd "$PWD" && exec "$0" --version', 'node'],
  environment: { PATH: `/opt/kontor/bin:${nodeBinary.slice(0, nodeBinary.lastIndexOf('/'))}:/usr/bin:/bin` },
  ...user,
  deviceNodes: [],
  limits: { memoryBytes: 64 * MIB, diskBytes: MIB, processes: 32, logBytes: 1024, timeMs: 10_000, graceMs: 0 },
  inputs: [],
  outputs: [],
  nodeBinary,
  hidden: '/nonexistent',
});
