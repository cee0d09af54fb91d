import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  Observation_End as End,
  Observation_State as State,
  ObservationSchema,
  type Observation,
} from '@kontor/contracts/engine/v1/engine';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { logger } from '@kontor/kit/log';
import { problemOf } from '@kontor/kit/problem';
import { NO_USAGE, type ExitRecord, type Heartbeat, type UsageRecord } from './job-folder.ts';

const log = logger('engine');

/** What a job's folder said, at one moment in which its supervisor was alive or its end recorded. */
export interface JobSnapshot {
  jobId: string;
  exit: ExitRecord | undefined;
  heartbeat: Heartbeat | undefined;
}

/** A job's folder as the contract says it. */
export function observationOf({ jobId, exit, heartbeat }: JobSnapshot): Observation {
  if (exit) return create(ObservationSchema, { jobId, state: State.ENDED, ...endOf(exit) });
  if (!heartbeat) return create(ObservationSchema, { jobId, state: State.STARTING, usage: usageOf(NO_USAGE) });
  const { state, usage, startedAtMs } = heartbeat;
  return create(ObservationSchema, {
    jobId,
    state: State[state],
    usage: usageOf(usage),
    startedAt: timestampFromMs(startedAtMs),
  });
}

/** What is said of a job whose folder cannot be read now: it may be running. Undefined where it is gone meanwhile. */
export function unreadable(jobId: string, error: unknown): Observation | undefined {
  const { kind, detail } = problemOf(error);
  if (kind === Kind.NOT_FOUND) return undefined;
  log.error({ err: error, job: jobId }, 'the folder of a job cannot be read');
  return create(ObservationSchema, { jobId, state: State.UNSPECIFIED, detail });
}

function endOf({
  end,
  exitCode,
  signal,
  detail,
  usage,
  startedAtMs,
  endedAtMs,
  outputs,
}: ExitRecord): MessageInitShape<typeof ObservationSchema> {
  return {
    end: End[end],
    ...(exitCode !== undefined && { exitCode }),
    signal: signal ?? '',
    detail,
    usage: usageOf(usage),
    startedAt: timestampFromMs(startedAtMs),
    endedAt: timestampFromMs(endedAtMs),
    outputs: outputs.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes: BigInt(sizeBytes) })),
  };
}

const usageOf = ({ elapsedMs, cpuMs, memoryBytesMax, diskBytes, logBytes }: UsageRecord) => ({
  elapsedMs: BigInt(elapsedMs),
  cpuMs: BigInt(cpuMs),
  memoryBytesMax: BigInt(memoryBytesMax),
  diskBytes: BigInt(diskBytes),
  logBytes: BigInt(logBytes),
});
