import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Observation } from '@kontor/contracts/engine/v1/engine';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { billedDeviceMs } from '@kontor/ledger/share';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import type { Progress } from './step.ts';

/** Writes down what the engine says of a job that is alive: its state, its use, when it should end. */
export async function follow(ports: Ports, job: JobRow, state: State, seen: Observation): Promise<Progress> {
  const at = ports.clock.now();
  const use = usageColumns(job, seen);
  const left = Number(job.timeLimitMs - (use.elapsedMs ?? job.elapsedMs));
  const changes: Partial<JobRow> = {
    ...use,
    ...(state !== job.state && { state, detail: state === State.PAUSED ? 'Paused.' : 'Running.' }),
    ...(seen.startedAt && !job.startedAt && { startedAt: timestampDate(seen.startedAt) }),
    expectedEndAt: new Date(at.getTime() + Math.max(0, left)),
  };
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, changes, at)), seen };
}

/** Use as the engine reports it. It is cumulative: a smaller report than the last is an old one. */
export function usageColumns(job: JobRow, { usage }: Observation): Partial<JobRow> {
  if (!usage) return {};
  const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const elapsedMs = larger(job.elapsedMs, usage.elapsedMs);
  return {
    elapsedMs,
    cpuMs: larger(job.cpuMs, usage.cpuMs),
    memoryBytesMax: larger(job.memoryBytesMax, usage.memoryBytesMax),
    diskBytes: usage.diskBytes,
    logBytes: larger(job.logBytes, usage.logBytes),
    billedDeviceMs: billedDeviceMs(elapsedMs, job.billedMillidevices),
  };
}
