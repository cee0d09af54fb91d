import type { MessageInitShape } from '@bufbuild/protobuf';
import { Job_State as State, type CancelJobRequest, type JobSchema } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { changeJob } from './change-job.ts';
import { hasEnded } from './job-state.ts';
import { toJob } from './jobs.ts';
import type { Ports } from './ports.ts';
import type { Reconciler } from './reconciler.ts';
import { endedColumns } from './steps/settle.ts';
import { JobRow } from './tables.ts';

/**
 * Stops a job: one that waits ends at once; for any other the wish is written down, and the reconciler carries it out.
 * A job that has ended, or whose end is already known, stays as it is.
 *
 * @throws Problem job_not_found
 */
export async function cancelJob(
  ports: Ports,
  reconciler: Reconciler,
  request: CancelJobRequest,
  { actor }: Call,
): Promise<MessageInitShape<typeof JobSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const at = ports.clock.now();
  const job = await inScope(ports.db, { tenantId }, async (tx) => {
    const found = await tx.findOne(JobRow, {
      where: { tenantId, projectId, id: request.id },
      lock: { mode: 'pessimistic_write' },
    });
    if (!found) throw Problem.notFound('job', request.id);
    if (hasEnded(found.state) || found.outcome !== null || found.isCancelAsked) return found;
    if (found.state !== State.QUEUED) return askToCancel(tx, found, actor, at);
    return changeJob(
      tx,
      found,
      { ...endedColumns(at), state: State.CANCELLED, cause: Cause.USER, detail: 'Cancelled before it was placed.' },
      at,
      actor,
    );
  });
  reconciler.wake();
  return toJob(job);
}

/** Whoever works on the job sees by its version that something was asked meanwhile, and looks again at once. */
async function askToCancel(
  tx: EntityManager,
  { tenantId, id, state }: JobRow,
  actor: string,
  at: Date,
): Promise<JobRow> {
  await tx.update(
    JobRow,
    { tenantId, id },
    {
      isCancelAsked: true,
      nextAt: at,
      detail: 'It was cancelled, and is being stopped.',
      resourceVersion: () => 'resource_version + 1',
    },
  );
  await journal(tx, [
    { at, actor, action: 'job.cancel_asked', subject: id, tenantId, before: { state: State[state] } },
  ]);
  return tx.findOneByOrFail(JobRow, { tenantId, id });
}
