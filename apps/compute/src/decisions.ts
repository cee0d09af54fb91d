import { fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DecisionSchema,
  type Decision,
  type ListDecisionsRequest,
  type ListDecisionsResponseSchema,
} from '@kontor/contracts/compute/v1/compute';
import { uuid7 } from '@kontor/kit/id';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { inputsOf } from './admission.ts';
import type { AdmissionRequest, Snapshot } from './admission/rule.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Ports } from './ports.ts';
import { DecisionRow } from './tables.ts';

/**
 * Keeps a verdict with everything it was computed from, so that anyone can compute it again.
 *
 * @param hasJob whether there is a job that it is about; else it is all that is left of the request
 */
export async function keepDecision(
  tx: EntityManager,
  request: AdmissionRequest,
  snapshot: Snapshot,
  decision: Decision,
  hasJob = true,
): Promise<void> {
  const { tenantId, projectId, jobId } = request;
  await tx.insert(DecisionRow, {
    id: uuid7(),
    tenantId,
    projectId,
    jobId,
    hasJob,
    decidedAt: snapshot.takenAt,
    decision: toJson(DecisionSchema, decision) as object,
    inputs: JSON.parse(canonicalJson(inputsOf(request, snapshot))) as object,
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
