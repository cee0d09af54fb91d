import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  makeRecordOnce,
  NO_USAGE,
  type ExitRecord,
  type Heartbeat,
  type JobFolder,
  type JobSpec,
} from './job-folder.ts';
import { bootId, isAlive, signal, type ProcessIdentity } from './process-identity.ts';
import { readIfWhole } from './read-if-whole.ts';
import { killProcessesOf } from './shim/bare-program.ts';
import { removeGroups } from './shim/control-group.ts';
import { deleteFolder } from './shim/delete-folder.ts';
import { wallClockMs } from './wall-clock.ts';

const GONE_WITHIN_MS = 5_000;

/**
 * Ends a job whose supervisor is gone without a record: makes sure that nothing of it is alive, and records it as lost
 * with the usage last seen. Its program is never started again. What of its records cannot be read counts for nothing.
 *
 * @param claim who supervised it; undefined where nobody could
 */
export async function settleLostJob(jobId: string, folder: JobFolder, claim?: ProcessIdentity): Promise<void> {
  const heartbeat = readIfWhole<Heartbeat>(folder.heartbeat);
  const spec = readIfWhole<JobSpec>(folder.spec);
  const restarted = claim !== undefined && claim.bootId !== bootId();
  const left = restarted ? 0 : await killLeftovers(jobId, spec, heartbeat);
  removeGroups(heartbeat?.controlGroups ?? []);
  await deleteFolder(folder.work);
  rmSync(folder.root, { recursive: true, force: true });
  const endedAtMs = wallClockMs();
  const record: ExitRecord = {
    end: 'LOST',
    detail: whyLost(claim, restarted),
    usage: heartbeat?.usage ?? NO_USAGE,
    startedAtMs: heartbeat?.startedAtMs ?? endedAtMs,
    endedAtMs,
    outputs: [],
    leftAlive: left,
  };
  makeRecordOnce(folder.exit, record);
}

function whyLost(claim: ProcessIdentity | undefined, restarted: boolean): string {
  if (!claim) return 'What it was to run cannot be read any more.';
  return restarted
    ? 'The machine was restarted while it ran.'
    : 'Its supervisor was killed, and it with its supervisor.';
}

async function killLeftovers(jobId: string, spec?: JobSpec, heartbeat?: Heartbeat): Promise<number> {
  const { supervised = [], helpers = [] } = heartbeat ?? {};
  const until = performance.now() + GONE_WITHIN_MS;
  for (const one of supervised) signal(one, 'SIGKILL');
  for (const one of helpers) signal(one, 'SIGCONT');
  while (supervised.some(isAlive) && performance.now() < until) await sleep(10);
  const bare = spec?.isolation === 'namespaces' ? 0 : await killProcessesOf(spec ?? { jobId });
  return supervised.filter(isAlive).length + bare;
}
