import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ReadJobLogRequest,
  ReadJobLogResponse,
  ReadJobOutputRequest,
  ReadJobOutputResponse,
} from '@kontor/contracts/compute/v1/compute';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import type { Call } from '@kontor/kit/grpc';
import { Problem, problemOf } from '@kontor/kit/problem';
import { engineJobId } from './job-id.ts';
import { hasEnded } from './job-state.ts';
import { findJob } from './jobs.ts';
import type { Ports } from './ports.ts';
import type { JobRow } from './tables.ts';

/** How often to see whether a job that is being followed has started. */
const STARTED_POLL_MS = 250;

type LogPart = Pick<ReadJobLogResponse, 'offset' | 'data'>;

/**
 * What a job printed. A job that has not started has printed nothing; who follows it waits for it.
 *
 * @throws Problem job_not_found or job_forgotten
 */
export async function* readJobLog(ports: Ports, request: ReadJobLogRequest, { signal }: Call): AsyncIterable<LogPart> {
  const { stream, offset, follow } = request;
  while (!signal.aborted) {
    const job = await findKept(ports, request);
    try {
      yield* ports.engine.readLog({ jobId: engineJobId(job), stream, offset, follow }, { signal });
      return;
    } catch (error) {
      if (problemOf(error).kind !== Kind.NOT_FOUND) throw error;
      if (!follow || hasEnded(job.state)) return;
      await sleep(STARTED_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/**
 * One declared output, from the engine that still keeps it.
 *
 * @throws Problem job_not_found, job_not_ended, job_forgotten or output_not_found
 */
export async function* readJobOutput(
  ports: Ports,
  request: ReadJobOutputRequest,
  { signal }: Call,
): AsyncIterable<Pick<ReadJobOutputResponse, 'data'>> {
  const job = await findKept(ports, request);
  if (!hasEnded(job.state)) {
    throw Problem.refused('job_not_ended', 'Outputs can be read once the job has ended.', 'Wait until it has ended.');
  }
  if (!job.outputs.some(({ path }) => path === request.path)) throw Problem.notFound('output', request.path);
  yield* ports.engine.readOutput({ jobId: engineJobId(job), path: request.path }, { signal });
}

async function findKept(ports: Ports, request: Parameters<typeof findJob>[1]): Promise<JobRow> {
  const job = await findJob(ports, request);
  if (job.forgottenAt === null) return job;
  throw new Problem(
    Kind.NOT_FOUND,
    'job_forgotten',
    `What job ${job.id} had left was deleted on ${job.forgottenAt.toISOString()}, long after its end.`,
    'Submit it again under a new id, and fetch what it leaves while that is kept.',
  );
}
