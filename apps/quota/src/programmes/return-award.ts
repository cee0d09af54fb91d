import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Deed } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { AwardRow } from '../programme-tables.ts';
import { AccountRow } from '../tables.ts';
import { endAward } from './end-award.ts';
import { lockRunningAward } from './lock-award.ts';

/** Ends an award before its time: it then ends like any other. */
export async function returnAward(tx: Transaction, project: ProjectRef, id: string, deed: Deed): Promise<void> {
  await lockRunningAward(tx, project, id, deed.now);
  await tx.manager.update(AccountRow, { id }, { endsAt: deed.now });
  await tx.manager.update(AwardRow, { id }, { dueAt: deed.now });
  await endAward(tx, id, deed, 'award.return');
}
