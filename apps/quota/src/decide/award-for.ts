import { Problem } from '@kontor/kit/problem';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Reservation } from '../reservation.ts';
import type { View } from './decision.ts';

type Payer = Pick<Reservation, 'awardId' | 'subsidyPpm'>;

/** The award that is to pay a share of a new reservation, on the terms that then hold for good; or why it cannot. */
export function awardFor({ tenantId, projectId }: ProjectRef, awardId: string, view: View): Payer | Problem {
  if (awardId === '') return { awardId: null, subsidyPpm: 0 };
  const award = view.account(awardId)?.award;
  if (award?.tenantId !== tenantId || award.projectId !== projectId) return awardNotFound(awardId);
  if (award.endsAt <= view.now) return awardEnded(awardId, award.endsAt);
  return { awardId, subsidyPpm: award.subsidyPpm };
}

/** Whether the award behind a reservation has ended: it keeps what is set aside, and sets nothing more aside. */
export function hasAwardEnded({ awardId }: Reservation, view: View): boolean {
  const award = awardId === null ? undefined : view.account(awardId)?.award;
  return award !== undefined && award.endsAt <= view.now;
}

const awardNotFound = (awardId: string): Problem =>
  Problem.refused('award_not_found', `The project has no award ${awardId}.`, 'Name one of its awards, or none.');

const awardEnded = (awardId: string, endsAt: Date): Problem =>
  Problem.refused(
    'award_ended',
    `The award ${awardId} ended at ${endsAt.toISOString()}.`,
    'Apply for another one, or let the project pay.',
  );
