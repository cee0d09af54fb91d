import { create, toJson } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DecisionSchema, Decision_Verdict as Verdict, type Decision } from '@kontor/contracts/compute/v1/compute';
import { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import { budget } from './admission/budget.ts';
import { capacity } from './admission/capacity.ts';
import { placement } from './admission/placement.ts';
import { price } from './admission/price.ts';
import type { AdmissionRequest, Findings, Rule, Snapshot } from './admission/rule.ts';
import { shape } from './admission/shape.ts';
import { suspended } from './admission/suspended.ts';
import { digestOf } from './canonical-json.ts';

/** In this order: what comes first is cheapest to mend. */
const RULES: readonly Rule[] = [shape, suspended, capacity, placement, price, budget];

const NOTHING_FOUND: Findings = {
  demand: { devices: 0, cores: 0, memoryBytes: 0n },
  pools: [],
  billedMillidevices: 0n,
  ucrPerDeviceHour: 0n,
  costUcrMax: 0n,
};

/**
 * May it run, where, at what price. Pure: the same request and snapshot give the same verdict. A refusal ends it; a job
 * that has to wait is still judged by the rules that follow, so that nobody waits for what will be refused.
 */
export function admit(request: AdmissionRequest, snapshot: Snapshot): Decision {
  let findings = NOTHING_FOUND;
  let wait: { rule: Rule['name']; detail: string; help: string; startsAbout?: Date | undefined } | undefined;

  for (const { name, judge } of RULES) {
    const finding = judge(request, snapshot, findings);
    if ('refuse' in finding)
      return decision(request, snapshot, findings, { verdict: Verdict.REFUSED, rule: name, ...finding.refuse });
    if ('wait' in finding) wait ??= { rule: name, ...finding.wait };
    findings = { ...findings, ...finding.found };
  }
  if (wait) return decision(request, snapshot, findings, { verdict: Verdict.QUEUED, ...wait });
  const { place } = findings;
  return decision(request, snapshot, findings, {
    verdict: Verdict.PLACED,
    rule: 'placement',
    detail: `Placed on ${place?.node}, devices ${place?.devices.join(', ')}.`,
    help: '',
  });
}

/** The rule that decided; the contract says it as text. */
export const ruleOf = ({ rule }: Decision): Rule['name'] => rule as Rule['name'];

function decision(
  request: AdmissionRequest,
  snapshot: Snapshot,
  findings: Findings,
  { startsAbout, ...said }: Pick<Decision, 'verdict' | 'rule' | 'detail' | 'help'> & { startsAbout?: Date | undefined },
): Decision {
  const { place, pools, billedMillidevices, ucrPerDeviceHour, costUcrMax } = findings;
  const isPlaced = said.verdict === Verdict.PLACED && place !== undefined;
  return create(DecisionSchema, {
    ...said,
    ucrPerDeviceHour,
    costUcrMax,
    ...(isPlaced && {
      placement: {
        ...place,
        clusterId: pools.find(({ id }) => id === place.poolId)?.clusterId ?? '',
        billedMillidevices,
      },
    }),
    ...(startsAbout && { startsAbout: timestampFromDate(startsAbout) }),
    decidedAt: timestampFromDate(snapshot.takenAt),
    inputsSha256: digestOf(inputsOf(request, snapshot)),
  });
}

/** Everything the verdict was computed from, as plain data: who has it can compute the verdict again. */
export const inputsOf = (request: AdmissionRequest, snapshot: Snapshot): object => ({
  request: { ...request, workload: toJson(WorkloadSchema, request.workload) },
  snapshot,
});
