import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  GetJobRequest,
  JobSchema,
  ListJobsRequest,
  ListJobsResponseSchema,
} from '@kontor/contracts/compute/v1/compute';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { budgetSentence } from './budget-sentence.ts';
import { hasEnded } from './job-state.ts';
import type { Ports } from './ports.ts';
import { JobRow } from './tables.ts';

type JobMessage = MessageInitShape<typeof JobSchema>;

export async function getJob(ports: Ports, request: GetJobRequest): Promise<JobMessage> {
  return toJob(await findJob(ports, request));
}

/** @throws Problem job_not_found, also for a job of another project: what one may not see is not there */
export async function findJob({ db }: Ports, request: Pick<GetJobRequest, 'project' | 'id'>): Promise<JobRow> {
  const { tenantId, projectId } = projectOf(request);
  const { id } = request;
  const job = await inScope(db, { tenantId }, (tx) => tx.findOneBy(JobRow, { tenantId, projectId, id }));
  if (!job) throw Problem.notFound('job', id);
  return job;
}

/** Newest first. A page begins after the last job of the page before, so that new jobs shift nothing. */
export async function listJobs(
  { db }: Ports,
  request: ListJobsRequest,
): Promise<MessageInitShape<typeof ListJobsResponseSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const { size, after, cut } = pageOf(request, NEWEST_FIRST);
  const found = await inScope(db, { tenantId }, (tx) => {
    const query = tx
      .createQueryBuilder(JobRow, 'job')
      .where('job.tenantId = :tenantId AND job.projectId = :projectId', { tenantId, projectId })
      .orderBy('job.createdAt', 'DESC')
      .addOrderBy('job.id', 'DESC')
      .limit(size + 1);
    if (after) query.andWhere('(job.createdAt, job.id) < (:createdAt, :id)', { createdAt: after[0], id: after[1] });
    return query.getMany();
  });
  const { items, page } = cut(found, ({ createdAt, id }) => [createdAt, id]);
  return { jobs: items.map(toJob), page };
}

/** A job's row as its owner sees it. */
export function toJob(row: JobRow): JobMessage {
  const { tenantId, projectId, id, name, workload, state, cause, detail, billedDeviceMs, outputs, resourceVersion } =
    row;
  return {
    project: { tenantId, projectId },
    id,
    name,
    workload,
    state,
    cause,
    detail: row.trouble ?? budgetSentence(row) ?? detail,
    priority: row.priority,
    ...(row.budgetEndsAt && !hasEnded(state) && { budgetEndsAt: timestampFromDate(row.budgetEndsAt) }),
    billedDeviceMs,
    outputs,
    resourceVersion,
    awardId: row.awardId ?? '',
    ...(row.placedDevices && {
      placement: {
        clusterId: row.clusterId ?? '',
        poolId: row.poolId ?? '',
        node: row.node ?? '',
        devices: row.placedDevices,
        billedMillidevices: row.billedMillidevices,
      },
    }),
    usage: {
      elapsedMs: row.elapsedMs,
      cpuMs: row.cpuMs,
      memoryBytesMax: row.memoryBytesMax,
      diskBytes: row.diskBytes,
      logBytes: row.logBytes,
    },
    ...(row.exitCode !== null && { exitCode: row.exitCode }),
    createdAt: timestampFromDate(row.createdAt),
    ...(row.startedAt && { startedAt: timestampFromDate(row.startedAt) }),
    ...(row.endedAt && { endedAt: timestampFromDate(row.endedAt) }),
    ...(row.forgottenAt && { forgottenAt: timestampFromDate(row.forgottenAt) }),
  };
}
