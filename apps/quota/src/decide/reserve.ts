import {
  ChargeRecord_Cause as Cause,
  Reservation_State as State,
  type ReserveRequest,
} from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import { WHOLE_PPM } from '@kontor/ledger/subsidy';
import { projectOf } from '@kontor/kit/project-of';
import type { Route } from '../account-id.ts';
import { legsFit, withLegs } from '../legs.ts';
import type { Reservation } from '../reservation.ts';
import { awardFor } from './award-for.ts';
import type { Decision, View } from './decision.ts';
import { existsWithDifferent } from './exists-with-different.ts';
import { amountOverflow, shortage } from './shortage.ts';

/** Sets all legs aside at the rate and the subsidy in force, or none. */
export function reserve(request: ReserveRequest, found: Reservation | undefined, view: View): Decision {
  if (found) return differing(request, found) ?? found;
  const { id, acceleratorClass, slots, coverDeviceMs, timeoutMs } = request;
  const project = projectOf(request);
  const ucrPerDeviceHour = view.rateOf(acceleratorClass);
  if (ucrPerDeviceHour === undefined) return noRate(acceleratorClass);
  const award = awardFor(project, request.awardId, view);
  if (award instanceof Problem) return award;

  const fresh = withLegs({
    tenantId: project.tenantId,
    projectId: project.projectId,
    id,
    state: State.PENDING,
    acceleratorClass,
    slots,
    ucrPerDeviceHour,
    ...award,
    reservedCoverDeviceMs: coverDeviceMs,
    timeoutMs,
    usedDeviceMs: 0n,
    coverDeviceMs,
    lateDeviceMs: 0n,
    waivedDeviceMs: 0n,
    cause: Cause.UNSPECIFIED,
    createdAt: view.now,
    expiresAt: new Date(view.now.getTime() + Number(timeoutMs)),
    legs: payingLegs(view.legRoutes(project, acceleratorClass, award.awardId), award.subsidyPpm),
  });
  const unopened = fresh.legs.find(({ debitAccountId }) => !view.account(debitAccountId));
  if (unopened) return accountNotFound(unopened.asset);
  if (!legsFit(fresh)) return amountOverflow();
  return shortage(undefined, fresh, view) ?? fresh;
}

/** An award that pays the whole leaves nothing to the project's credits, which come second: it needs none. */
const payingLegs = (routes: Route[], subsidyPpm: number): Route[] =>
  subsidyPpm === WHOLE_PPM ? routes.toSpliced(1, 1) : routes;

const differing = (request: ReserveRequest, found: Reservation): Problem | undefined =>
  existsWithDifferent({
    project: request.project?.projectId !== found.projectId,
    accelerator_class: request.acceleratorClass !== found.acceleratorClass,
    slots: request.slots !== found.slots,
    cover_device_ms: request.coverDeviceMs !== found.reservedCoverDeviceMs,
    timeout_ms: request.timeoutMs !== found.timeoutMs,
    award_id: request.awardId !== (found.awardId ?? ''),
  });

const noRate = (acceleratorClass: string): Problem =>
  Problem.refused(
    'no_rate',
    `No rate is in force for ${acceleratorClass}.`,
    'Have the operator set one, or choose another accelerator class.',
  );

const accountNotFound = (asset: string): Problem =>
  Problem.refused(
    'account_not_found',
    `The project has no account for ${asset}.`,
    'Have it opened and granted an amount.',
  );
