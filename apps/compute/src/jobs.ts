import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  GetJobRequest,
  JobSchema,
  ListJobsRequest,
  ListJobsResponseSchema,
} from '@kontor/contracts/compute/v1/compute';
import { Problem } from '@kontor/kit/problem';
import type { EntityManager } from 'typeorm';
import { pageTokenOf, readPageToken } from './page-token.ts';
import type { Ports } from './ports.ts';
import { projectOf } from './project.ts';
import { JobRow } from './tables.ts';

type JobMessage = MessageInitShape<typeof JobSchema>;

const PAGE_SIZE = 50;

export async function getJob({ db }: Ports, request: GetJobRequest): Promise<JobMessage> {
  return toJob(await findJob(db.manager, request));
}

/** @throws Problem job_not_found, also for a job of another project: what one may not see is not there */
export async function findJob(tx: EntityManager, request: Pick<GetJobRequest, 'project' | 'id'>): Promise<JobRow> {
  const { tenantId, projectId } = projectOf(request);
  const job = await tx.findOneBy(JobRow, { tenantId, projectId, id: request.id });
  if (!job) throw Problem.notFound('job', request.id);
  return job;
}

/** Newest first. A page begins after the last job of the page before, so that new jobs shift nothing. */
export async function listJobs(
  { db }: Ports,
  request: ListJobsRequest,
): Promise<MessageInitShape<typeof ListJobsResponseSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const size = request.page?.pageSize || PAGE_SIZE;
  const query = db.manager
    .createQueryBuilder(JobRow, 'job')
    .where('job.tenantId = :tenantId AND job.projectId = :projectId', { tenantId, projectId })
    .orderBy('job.createdAt', 'DESC')
    .addOrderBy('job.id', 'DESC')
    .limit(size + 1);
  if (request.page?.pageToken) {
    query.andWhere('(job.createdAt, job.id) < (:createdAt, :id)', readPageToken(request.page.pageToken));
  }
  const rows = await query.getMany();
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { jobs: page.map(toJob), page: { nextPageToken: last && rows.length > size ? pageTokenOf(last) : '' } };
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
    detail: row.trouble ?? detail,
    billedDeviceMs,
    outputs,
    resourceVersion,
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
  };
}
