import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { In, type EntityManager } from 'typeorm';
import type { AdmissionRequest, Snapshot } from './admission/rule.ts';
import type { Budget } from './budget.ts';
import type { Ports } from './ports.ts';
import type { Holding, Waiting } from './queue-forecast.ts';
import { readRoom, roomOf } from './room.ts';
import { FileRow, JobRow, SuspensionRow } from './tables.ts';

/** More than this many waiting jobs are not looked at when one more is judged. */
const AHEAD_MAX = 1_000;

/** What a snapshot is of: a request, what its project can pay, and since when it waits, where it has waited before. */
export interface Subject {
  request: AdmissionRequest;
  budget: Budget;
  waitsSince?: Date;
}

/** Everything that admission looks at, as it is in this transaction. */
export async function readSnapshot(tx: EntityManager, ports: Ports, subject: Subject): Promise<Snapshot> {
  const { request, budget } = subject;
  const { tenantId, projectId, workload } = request;
  const { acceleratorClass } = workload;
  const takenAt = ports.clock.now();
  const { pools, holders } = await readRoom(tx, acceleratorClass, takenAt);
  const knownClasses = ports.acceleratorClasses.map(({ name }) => name);
  const offered = await tx.query<{ name: string }[]>(OFFERED);
  return {
    takenAt,
    knownClasses,
    offeredClasses: offered.map(({ name }) => name).filter((name) => knownClasses.includes(name)),
    pools,
    holdings: holders.map((job) => holdingOf(job, takenAt)),
    ahead: await readAhead(tx, request, subject.waitsSince ?? takenAt),
    files: await readFiles(tx, request),
    rates: budget.ratesOf(acceleratorClass),
    means: budget.meansOf(acceleratorClass),
    award: request.awardId === undefined ? undefined : budget.awardOf(request.awardId),
    isSuspended: await tx.existsBy(SuspensionRow, { tenantId, projectId }),
    devicesHeld: holders
      .filter((job) => job.tenantId === tenantId && job.projectId === projectId)
      .reduce((sum, { devices }) => sum + devices, 0),
    terms: ports.settings.terms,
  };
}

/** What a job that waits asked for, and everything that admission looks at to judge it again. */
export async function readQueued(
  tx: EntityManager,
  ports: Ports,
  { tenantId, projectId, id: jobId, workload, awardId, createdAt: waitsSince }: JobRow,
  budget: Budget,
): Promise<{ request: AdmissionRequest; snapshot: Snapshot }> {
  const request = { tenantId, projectId, jobId, workload, awardId: awardId ?? undefined };
  return { request, snapshot: await readSnapshot(tx, ports, { request, budget, waitsSince }) };
}

/** Classes of which there is at least one node. */
const OFFERED = `
  SELECT DISTINCT p.accelerator_class AS name FROM pool p JOIN node n ON n.pool_id = p.id
   WHERE n.gone_at IS NULL ORDER BY 1`;

const holdingOf = (job: JobRow, now: Date): Holding => ({
  ...roomOf(job),
  endsAt: job.expectedEndAt ?? now,
});

async function readFiles(tx: EntityManager, request: AdmissionRequest): Promise<Snapshot['files']> {
  const { tenantId, projectId, workload } = request;
  if (workload.inputs.length === 0) return [];
  const sha256 = In(workload.inputs.map((input) => input.sha256));
  const files = await tx.findBy(FileRow, { tenantId, projectId, sha256 });
  return files.map((file) => ({ sha256: file.sha256, sizeBytes: file.sizeBytes }));
}

/** Jobs that joined the queue earlier and wait for room. */
async function readAhead(tx: EntityManager, request: AdmissionRequest, since: Date): Promise<Waiting[]> {
  const { tenantId, jobId, workload } = request;
  const rows = await tx
    .createQueryBuilder(JobRow, 'job')
    .select(['job.tenantId', 'job.id', 'job.devices', 'job.cores', 'job.memoryBytes', 'job.timeLimitMs'])
    .where({ state: State.QUEUED, waitsFor: 'placement', acceleratorClass: workload.acceleratorClass })
    .andWhere('(job.createdAt, job.tenantId, job.id) < (:since, :tenantId, :jobId)', { since, tenantId, jobId })
    .andWhere('job.id <> :jobId', { jobId })
    .orderBy({ 'job.createdAt': 'ASC', 'job.tenantId': 'ASC', 'job.id': 'ASC' })
    .limit(AHEAD_MAX)
    .getMany();
  return rows.map(({ timeLimitMs, devices, cores, memoryBytes }) => ({
    demand: { devices, cores, memoryBytes },
    timeLimitMs,
  }));
}
