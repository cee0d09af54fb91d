import { toJson, type MessageInitShape } from '@bufbuild/protobuf';
import {
  Decision_Verdict as Verdict,
  Job_State as State,
  type Decision,
  type ExplainJobRequest,
  type JobSchema,
  type SubmitJobRequest,
} from '@kontor/contracts/compute/v1/compute';
import { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { admit, ruleOf } from './admission.ts';
import type { AdmissionRequest } from './admission/rule.ts';
import { readBudget, type Budget } from './budget.ts';
import { digestOf } from './canonical-json.ts';
import { keepDecision, keepRefusal, refusal } from './decisions.ts';
import { toJob } from './jobs.ts';
import { demandColumns, occupySlots, placedColumns } from './place-job.ts';
import type { Ports } from './ports.ts';
import type { Reconciler } from './reconciler.ts';
import { lockPools } from './room.ts';
import { readSnapshot } from './snapshot.ts';
import { JobRow } from './tables.ts';

/**
 * Admits a job: places it and sets its budget aside, or queues it, or refuses it. The same id with the same content is
 * the same job, however often it is sent. A refused job leaves its decision at most; when the budget is gone
 * between the verdict and its reservation, the slots are free again and the job has failed.
 *
 * @throws Problem refused_by_<rule>, exists_with_different_content, or what quota says
 */
export async function submitJob(
  ports: Ports,
  reconciler: Reconciler,
  message: SubmitJobRequest,
  { actor }: Call,
): Promise<MessageInitShape<typeof JobSchema>> {
  const asked = requestOf(message);
  const content = { name: message.job?.name ?? '', sha256: contentOf(message) };
  const known = await inScope(ports.db, asked, (tx) => find(tx, asked));
  if (known) return toJob(same(known, content.sha256));

  const budget = await readBudget(ports, asked);
  const { decision, job, isNew } = await inScope(ports.db, 'all', (tx) =>
    decide(tx, ports, { asked, content, budget, actor }),
  );
  if (!job) throw refusal(decision);
  if (!isNew || job.state !== State.PLACED) return toJob(same(job, content.sha256));

  await ports.failpoint('compute.after-occupy');
  const driven = await reconciler.driveOnce(job);
  if (driven.refusal) throw driven.refusal;
  return toJob(driven.job);
}

/** What submitting would decide now. Changes nothing. */
export async function explainJob(ports: Ports, message: ExplainJobRequest): Promise<Decision> {
  const asked = requestOf(message);
  const budget = await readBudget(ports, asked);
  return inScope(ports.db, 'all', async (tx) =>
    admit(asked, await readSnapshot(tx, ports, { request: asked, budget })),
  );
}

interface Submission {
  asked: AdmissionRequest;
  content: { name: string; sha256: string };
  budget: Budget;
  actor: string;
}

interface Decided {
  decision: Decision;
  /** Absent when it was refused. */
  job?: JobRow;
  isNew: boolean;
}

/**
 * The verdict and all that follows from it here, in one transaction. What is free and who waits ahead is seen across
 * tenants; what follows is written as the job's tenant.
 */
async function decide(
  tx: EntityManager,
  ports: Ports,
  { asked, content, budget, actor }: Submission,
): Promise<Decided> {
  const { tenantId, projectId, jobId: id, workload } = asked;
  await lockPools(tx, workload.acceleratorClass, ports.clock.now());
  const snapshot = await readSnapshot(tx, ports, { request: asked, budget });
  const decision = admit(asked, snapshot);
  await enterScope(tx, { tenantId });
  const at = snapshot.takenAt;
  const action = `job.${Verdict[decision.verdict].toLowerCase()}`;
  const after = {
    projectId,
    name: content.name,
    rule: decision.rule,
    detail: decision.detail,
    inputsSha256: decision.inputsSha256,
  };

  if (decision.verdict === Verdict.REFUSED) {
    const known = await find(tx, asked);
    if (known) return { decision, job: known, isNew: false };
    const isKept = await keepRefusal(tx, asked, snapshot, decision);
    if (isKept) await journal(tx, [{ at, actor, action, subject: id, tenantId, after }]);
    return { decision, isNew: true };
  }
  const { placement } = decision;
  const row = {
    tenantId,
    id,
    projectId,
    name: content.name,
    workload,
    contentSha256: content.sha256,
    awardId: asked.awardId ?? null,
    ...demandColumns(workload),
    state: State.QUEUED,
    detail: decision.detail,
    waitsFor: ruleOf(decision),
    createdAt: at,
    outputs: [],
    ...(placement && placedColumns(decision, placement, workload, ports.settings.terms.cover, at)),
    // It belongs to this request until its budget is set aside, or until the claim runs out.
    ...(placement && { epoch: 1n, claimedUntil: new Date(at.getTime() + ports.settings.claimMs) }),
  };
  if (!(await insertOnce(tx, row)))
    return { decision, job: await tx.findOneByOrFail(JobRow, { tenantId, id }), isNew: false };
  if (placement) await occupySlots(tx, { tenantId, id }, placement, at);
  await keepDecision(tx, asked, snapshot, decision);
  await journal(tx, [{ at, actor, action, subject: id, tenantId, after: { ...after, placement } }]);
  return { decision, job: await tx.findOneByOrFail(JobRow, { tenantId, id }), isNew: true };
}

/** Whether it is new. Of two requests with one id at the same moment, one waits for the other here and then knows. */
async function insertOnce(tx: EntityManager, row: QueryDeepPartialEntity<JobRow>): Promise<boolean> {
  const { raw } = await tx.createQueryBuilder().insert().into(JobRow).values(row).orIgnore().returning('id').execute();
  return (raw as unknown[]).length > 0;
}

function requestOf(message: SubmitJobRequest | ExplainJobRequest): AdmissionRequest {
  const { job } = message;
  if (!job?.workload) throw new Error('A job without a workload passed validation.');
  return { ...projectOf(message), jobId: job.id, workload: job.workload, awardId: job.awardId || undefined };
}

const contentOf = ({ project, job }: SubmitJobRequest): string =>
  digestOf({
    projectId: project?.projectId,
    name: job?.name,
    workload: job?.workload && toJson(WorkloadSchema, job.workload),
    ...(job?.awardId && { awardId: job.awardId }),
  });

const find = (tx: EntityManager, { tenantId, jobId: id }: AdmissionRequest): Promise<JobRow | null> =>
  tx.findOneBy(JobRow, { tenantId, id });

function same(job: JobRow, contentSha256: string): JobRow {
  if (job.contentSha256 === contentSha256) return job;
  throw Problem.conflict(
    'exists_with_different_content',
    `The job ${job.id} exists with other content.`,
    'Send the same content, or choose a new id.',
  );
}
