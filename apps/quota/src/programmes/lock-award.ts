import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Clock } from '@kontor/kit/clock';
import { Problem } from '@kontor/kit/problem';
import type { Transaction } from '../in-transaction.ts';
import { lockAccounts } from '../read-snapshot.ts';
import { endOf, findAward, type AwardFacts } from './award-facts.ts';

/**
 * An award of a project that is still running, locked like one that ends: its programme's pot first.
 *
 * @throws Problem `award_not_found`, or `award_already_ended`
 */
export async function lockRunningAward(
  { manager, client }: Transaction,
  project: ProjectRef,
  id: string,
  clock: Clock,
): Promise<AwardFacts> {
  const {
    award: { programmeId },
  } = await findAward(manager, project, id);
  await lockAccounts(client, [programmeId]);
  await lockAccounts(client, [id]);
  const facts = await findAward(manager, project, id);
  if (endOf(facts) <= clock.now()) throw alreadyEnded(endOf(facts));
  return facts;
}

export const alreadyEnded = (endsAt: Date): Problem =>
  Problem.conflict(
    'award_already_ended',
    `The award ended at ${endsAt.toISOString()}.`,
    'Submit another proposal where more is needed.',
  );
