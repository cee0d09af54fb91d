import { fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import { DecisionSchema, type Decision, type ListDecisionsRequest } from '@kontor/contracts/compute/v1/compute';
import { uuid7 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { inputsOf } from './admission.ts';
import type { AdmissionRequest, Snapshot } from './admission/rule.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Ports } from './ports.ts';
import { projectOf } from './project.ts';
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

/** More than any job has, unless somebody sends the same refused job over and over. */
const DECISIONS_MAX = 100;

/** Verdicts on one job id of a project, newest first; those of refused jobs too. */
export async function listDecisions({ db }: Ports, request: ListDecisionsRequest): Promise<{ decisions: Decision[] }> {
  const { tenantId, projectId } = projectOf(request);
  const rows = await inScope(db, { tenantId }, (tx) =>
    tx.find(DecisionRow, {
      where: { tenantId, projectId, jobId: request.jobId },
      order: { decidedAt: 'DESC', id: 'DESC' },
      select: { id: true, decision: true },
      take: DECISIONS_MAX,
    }),
  );
  return { decisions: rows.map(({ decision }) => fromJson(DecisionSchema, decision as JsonValue)) };
}

/** A refusal as its caller gets it: the rule in the code, the reason, and what would help. */
export function refusal({ rule, detail, help }: Decision): Problem {
  const kind = rule === 'budget' ? Problem.exhausted : Problem.refused;
  return kind(`refused_by_${rule}`, detail, help);
}
