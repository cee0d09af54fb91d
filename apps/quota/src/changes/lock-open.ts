import { Change_State as State } from '@kontor/contracts/quota/v1/change';
import { Problem } from '@kontor/kit/problem';
import type { Transaction } from '../in-transaction.ts';
import { ChangeRow } from '../programme-tables.ts';

/**
 * Locks a change that nobody has decided: of two who decide at once one does, and the other is told.
 *
 * @throws Problem `change_not_found`, or `change_already_decided`
 */
export async function lockOpen({ client, manager }: Transaction, id: string): Promise<ChangeRow> {
  await client.query('SELECT FROM change WHERE id = $1 FOR UPDATE', [id]);
  const found = await manager.findOneBy(ChangeRow, { id });
  if (!found) throw Problem.notFound('change', id);
  if (found.state !== State.OPEN) throw alreadyDecided(found);
  return found;
}

const alreadyDecided = ({ id, state, decidedAt }: ChangeRow): Problem =>
  Problem.conflict(
    'change_already_decided',
    `The change ${id} is ${State[state]?.toLowerCase()} since ${decidedAt?.toISOString()}.`,
    'Read it to see by whom; propose another one where that is needed.',
  );
