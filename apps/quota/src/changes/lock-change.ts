import { Change_State as State } from '@kontor/contracts/quota/v1/change';
import { Problem } from '@kontor/kit/problem';
import type { Transaction } from '../in-transaction.ts';
import { ChangeRow } from '../programme-tables.ts';

/** Locks a change: of two who decide at once one does, and the other is told. @throws Problem `change_not_found` */
export async function lockChange({ client, manager }: Transaction, id: string): Promise<ChangeRow> {
  await client.query('SELECT FROM change WHERE id = $1 FOR UPDATE', [id]);
  const found = await manager.findOneBy(ChangeRow, { id });
  if (!found) throw Problem.notFound('change', id);
  return found;
}

/**
 * Whether somebody decided a locked change as they ask for now: they did not get the answer, and do now.
 *
 * @throws Problem `change_already_decided` where it was somebody else, or otherwise
 */
export function isDecidedAs(
  { state, decidedBy, decisionReason }: Pick<ChangeRow, 'state' | 'decidedBy' | 'decisionReason'>,
  found: ChangeRow,
): boolean {
  if (found.state === State.OPEN) return false;
  const isSame = found.state === state && found.decidedBy === decidedBy && found.decisionReason === decisionReason;
  if (!isSame) throw alreadyDecided(found);
  return true;
}

const alreadyDecided = ({ id, state, decidedAt }: ChangeRow): Problem =>
  Problem.conflict(
    'change_already_decided',
    `The change ${id} is ${State[state]?.toLowerCase()} since ${decidedAt?.toISOString()}.`,
    'Read it to see by whom; propose another one where that is needed.',
  );
