import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  makeRecordOnce,
  NO_USAGE,
  readRecord,
  type ExitRecord,
  type Heartbeat,
  type JobFolder,
  type JobSpec,
} from './job-folder.ts';
import { bootId, isAlive, signal, type ProcessIdentity } from './process-identity.ts';
import { killProcessesOf } from './shim/bare-program.ts';
import { removeGroups } from './shim/control-group.ts';
import { deleteFolder } from './shim/delete-folder.ts';
import { wallClockMs } from './wall-clock.ts';

const GONE_WITHIN_MS = 5_000;

/**
 * Ends a job whose supervisor is gone without a record: makes sure that nothing of it is alive, and records it as lost
 * with the usage last seen. Its program is never started again.
 */
export async function settleLostJob(folder: JobFolder, spec: JobSpec, claim: ProcessIdentity): Promise<void> {
  const heartbeat = readRecord<Heartbeat>(folder.heartbeat);
  const restarted = claim.bootId !== bootId();
  const left = restarted ? 0 : await killLeftovers(spec, heartbeat);
  removeGroups(heartbeat?.controlGroups ?? []);
  await deleteFolder(folder.work);
  rmSync(folder.root, { recursive: true, force: true });
  const endedAtMs = wallClockMs();
  const record: ExitRecord = {
    end: 'LOST',
    detail: restarted
      ? 'The machine was restarted while it ran.'
      : 'Its supervisor was killed, and it with its supervisor.',
    usage: heartbeat?.usage ?? NO_USAGE,
    startedAtMs: heartbeat?.startedAtMs ?? endedAtMs,
    endedAtMs,
    outputs: [],
    leftAlive: left,
  };
  makeRecordOnce(folder.exit, record);
}

async function killLeftovers(spec: JobSpec, heartbeat: Heartbeat | undefined): Promise<number> {
  const { supervised = [], helpers = [] } = heartbeat ?? {};
  const until = performance.now() + GONE_WITHIN_MS;
  for (const one of supervised) signal(one, 'SIGKILL');
  for (const one of helpers) signal(one, 'SIGCONT');
  while (supervised.some(isAlive) && performance.now() < until) await sleep(10);
  const bare = spec.isolation === 'none' ? await killProcessesOf(spec) : 0;
  return supervised.filter(isAlive).length + bare;
}
