import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import { engineJobId } from '../job-id.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import type { Progress } from './step.ts';

/** Has the engine stop a job, and then says so: were it the other way round, a crash between them could forget to. */
export async function stop(ports: Ports, job: JobRow): Promise<Progress> {
  const isGivingWay = job.isGivingWay && !job.isCancelAsked && !job.isSuspended;
  const request = { jobId: engineJobId(job), checkpointFirst: isGivingWay };
  const seen = await ports.engine.stop(request).catch((error: unknown) => {
    if (problemOf(error).kind === Kind.NOT_FOUND) return undefined;
    throw error;
  });
  if (job.state === State.STOPPING) return { job, seen, isDone: true };
  const at = ports.clock.now();
  const detail = isGivingWay
    ? 'It gives way to a job that needs its place; it has its checkpoint notice and its grace to end by itself.'
    : `${job.isCancelAsked ? 'It was cancelled' : 'Its project is suspended'}; it has its grace to end by itself.`;
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, { state: State.STOPPING, detail }, at)), seen };
}
