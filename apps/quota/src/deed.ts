import { Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import type { Clock } from '@kontor/kit/clock';
import { uuid5 } from '@kontor/kit/id';
import type { Route } from './account-id.ts';
import { Books } from './decide/books.ts';
import type { NewTransfer } from './decide/transfers-of.ts';
import type { Transaction } from './in-transaction.ts';
import { lockAccounts } from './read-snapshot.ts';
import { insertTransfersOfDecision, moveAccounts } from './write-effects.ts';

/**
 * Whose credits, who acts, and what dates it: what every mutation outside the hot path needs to know. The clock is read
 * under the locks, so that whoever locks an account later writes a later date: a statement that was given out stands.
 */
export interface Deed {
  operator: string;
  actor: string;
  clock: Clock;
}

/** An amount above zero that is handed down or back. */
export interface Movement extends Route {
  amount: bigint;
  reason: Reason.GRANT | Reason.RETURN;
}

/**
 * Moves amounts between accounts, all or none. Transfers get their ids from `names`, which name a step that happens
 * once, and from their accounts.
 *
 * @throws Problem `amount_overflow` where a balance would not fit 64 bits
 */
export async function move(
  { client, send }: Transaction,
  movements: Movement[],
  names: string[],
  clock: Clock,
): Promise<void> {
  if (movements.length === 0) return;
  const ids = movements.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]);
  const books = new Books(await lockAccounts(client, [...new Set(ids)]));
  const createdAt = clock.now();
  const transfers = movements.map((movement): NewTransfer => ({
    ...movement,
    reservationId: null,
    createdAt,
    id: uuid5('movement', ...names, movement.debitAccountId, movement.creditAccountId),
  }));
  const overflow = books.enter([], transfers);
  if (overflow) throw overflow;
  send(insertTransfersOfDecision(transfers));
  send(moveAccounts(books.differences()));
}
