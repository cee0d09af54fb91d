import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  Observation_End as End,
  Observation_State as State,
  ObservationSchema,
  type Observation,
} from '@kontor/contracts/engine/v1/engine';
import { NO_USAGE, type ExitRecord, type Heartbeat, type UsageRecord } from './job-folder.ts';

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
