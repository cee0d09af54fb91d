import { fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DecisionSchema,
  type Decision,
  type ListDecisionsRequest,
  type ListDecisionsResponseSchema,
} from '@kontor/contracts/compute/v1/compute';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import { uuid7 } from '@kontor/kit/id';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { inputsOf } from './admission.ts';
import type { AdmissionRequest, Snapshot } from './admission/rule.ts';
import { canonicalJson, digestOf } from './canonical-json.ts';
import type { Ports } from './ports.ts';
import { DecisionRow } from './tables.ts';

/** Refusals of a project that are kept of an hour: whoever is refused more often knows why already. */
const REFUSALS_PER_HOUR = 100;
const HOUR_MS = 3_600_000;

/** Keeps a verdict on a job with everything it was computed from, so that anyone can compute it again. */
export const keepDecision = (
  tx: EntityManager,
  request: AdmissionRequest,
  snapshot: Snapshot,
  decision: Decision,
): Promise<void> => insert(tx, request, decision, { hasJob: true, inputs: inputsOf(request, snapshot) });

/**
 * Keeps a refusal, which is all that is left of the request, and answers whether it did: not where it says of the same
 * workload what was said before, and not more than so many an hour. Of the workload it keeps the digest, so that
 * whoever has it can compute the refusal again, and nobody fills the database with what is refused.
 */
export async function keepRefusal(
  tx: EntityManager,
  request: AdmissionRequest,
  snapshot: Snapshot,
  decision: Decision,
): Promise<boolean> {
  const { tenantId, projectId, jobId } = request;
  const { workload, ...rest } = request;
  const workloadSha256 = digestOf(toJson(WorkloadSchema, workload));
  const since = new Date(snapshot.takenAt.getTime() - HOUR_MS);
  const [kept] = await tx.query<{ isSaid: boolean; ofLate: number }[]>(KEPT, [
    ...[tenantId, projectId, jobId],
    ...[workloadSha256, decision.rule, decision.detail, since],
  ]);
  if (!kept || kept.isSaid || kept.ofLate >= REFUSALS_PER_HOUR) return false;
  await insert(tx, request, decision, { hasJob: false, inputs: { request: { ...rest, workloadSha256 }, snapshot } });
  return true;
}

const KEPT = `
  SELECT EXISTS (
    SELECT FROM decision WHERE tenant_id = $1 AND project_id = $2 AND job_id = $3 AND NOT has_job
       AND inputs #>> '{request,workloadSha256}' = $4 AND decision ->> 'rule' = $5 AND decision ->> 'detail' = $6
  ) AS "isSaid", (
    SELECT count(*)::int FROM decision WHERE tenant_id = $1 AND project_id = $2 AND NOT has_job AND decided_at > $7
  ) AS "ofLate"`;

async function insert(
  tx: EntityManager,
  { tenantId, projectId, jobId }: AdmissionRequest,
  decision: Decision,
  { hasJob, inputs }: { hasJob: boolean; inputs: object },
): Promise<void> {
  await tx.insert(DecisionRow, {
    id: uuid7(),
    tenantId,
    projectId,
    jobId,
    hasJob,
    decidedAt: timestampDate(decision.decidedAt!),
    decision: toJson(DecisionSchema, decision) as object,
    inputs: JSON.parse(canonicalJson(inputs)) as object,
  });
}

/** Verdicts on one job id of a project, newest first; those of refused jobs too. */
export async function listDecisions(
  { db }: Ports,
  request: ListDecisionsRequest,
): Promise<MessageInitShape<typeof ListDecisionsResponseSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const { size, after, cut } = pageOf(request, NEWEST_FIRST);
  const found = await inScope(db, { tenantId }, (tx) => {
    const query = tx
      .createQueryBuilder(DecisionRow, 'd')
      .select(['d.id', 'd.decidedAt', 'd.decision'])
      .where({ tenantId, projectId, jobId: request.jobId })
      .orderBy('d.decidedAt', 'DESC')
      .addOrderBy('d.id', 'DESC')
      .limit(size + 1);
    if (after) query.andWhere('(d.decidedAt, d.id) < (:at, :id)', { at: after[0], id: after[1] });
    return query.getMany();
  });
  const { items, page } = cut(found, ({ decidedAt, id }) => [decidedAt, id]);
  return { decisions: items.map(({ decision }) => fromJson(DecisionSchema, decision as JsonValue)), page };
}

/** A refusal as its caller gets it: the rule in the code, the reason, and what would help. */
export function refusal({ rule, detail, help }: Decision): Problem {
  const kind = rule === 'budget' ? Problem.exhausted : Problem.refused;
  return kind(`refused_by_${rule}`, detail, help);
}
