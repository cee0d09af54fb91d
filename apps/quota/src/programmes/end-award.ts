import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Deed } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { AwardRow } from '../programme-tables.ts';
import { AccountRow } from '../tables.ts';
import { findAward } from './award-facts.ts';
import { giveBack, lockEnding } from './give-back.ts';
import { alreadyEnded } from './lock-award.ts';

/** Ends an award whose end has come, or goes on with it. Any other award stays as it is. */
export async function endAward(tx: Transaction, id: string, deed: Deed): Promise<void> {
  const ending = await lockEnding(tx, id);
  if (ending.award.dueAt === null || ending.endsAt > deed.clock.now()) return;
  await giveBack(tx, ending, deed);
}

/**
 * Ends an award before its time; it then ends like any other. The same hand again changes nothing.
 *
 * @throws Problem `award_not_found`, or `award_already_ended` by time or by another hand
 */
export async function returnAward(tx: Transaction, project: ProjectRef, id: string, deed: Deed): Promise<void> {
  await findAward(tx.manager, project, id);
  const ending = await lockEnding(tx, id);
  if (ending.award.returnedBy === deed.actor) return;
  const now = deed.clock.now();
  if (ending.endsAt <= now) throw alreadyEnded(ending.endsAt);
  await tx.manager.update(AccountRow, { id }, { endsAt: now });
  await tx.manager.update(AwardRow, { id }, { returnedBy: deed.actor });
  await giveBack(tx, ending, deed, 'award.return');
}
