import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import type { EntityManager } from 'typeorm';
import { accountId } from '../account-id.ts';
import { creditsOf, withUnit } from '../assets.ts';
import type { Transaction } from '../in-transaction.ts';
import { AuthorisationRow } from '../programme-tables.ts';
import { lockAccounts } from '../read-snapshot.ts';

export const treasuryId = (operator: string): string =>
  accountId({ purpose: Purpose.TREASURY, asset: creditsOf(operator) });

/** How much credit the treasury may have handed out; undefined while two persons have not said. */
export async function authorisedUcr(manager: EntityManager): Promise<bigint | undefined> {
  const [last] = await manager.find(AuthorisationRow, { order: { seq: 'DESC' }, take: 1 });
  return last?.authorisedUcr;
}

/** What the treasury has handed out, read under its lock: its balance is what it owes. */
export async function handedOutUcr({ client }: Transaction, operator: string): Promise<bigint> {
  const id = treasuryId(operator);
  const treasury = (await lockAccounts(client, [id])).get(id);
  return -(treasury?.balance ?? 0n);
}

/** @throws Problem `treasury_not_authorised`, or `treasury_exceeded` where an amount is more than it may hand out */
export async function checkTreasury(tx: Transaction, operator: string, amountUcr: bigint): Promise<void> {
  if (amountUcr === 0n) return;
  const handedOut = await handedOutUcr(tx, operator);
  const authorised = await authorisedUcr(tx.manager);
  if (authorised === undefined) throw notAuthorised();
  const problem = exceeded(authorised, handedOut, amountUcr, creditsOf(operator));
  if (problem) throw problem;
}

/** Why a treasury may not hand out so much more; undefined where it may. Pure. */
export function exceeded(authorised: bigint, handedOut: bigint, more: bigint, asset: string): Problem | undefined {
  if (handedOut + more <= authorised) return undefined;
  return Problem.exhausted(
    'treasury_exceeded',
    `The treasury may hand out ${withUnit(authorised, asset)}, handed out ${handedOut}, and ${more} more were asked.`,
    'Ask for less, or have two persons authorise more.',
  );
}

/** Why one person cannot make means of which the treasury knows nothing. */
export const withoutTreasury = (detail: string): Problem =>
  Problem.forbidden(
    'credits_without_treasury',
    detail,
    'Have the treasury grant what is needed; where it may hand out no more, propose an authorisation.',
  );

/** Why one person hands no credits out. */
export const grantTakesTwoPersons = (): Problem =>
  Problem.forbidden(
    'takes_two_persons',
    'Once an operator is founded, projects get credits of its treasury when two persons agree.',
    'Propose a change that grants them to the project, and have a colleague agree.',
  );

const notAuthorised = (): Problem =>
  Problem.refused(
    'treasury_not_authorised',
    'Nobody has said yet how much the treasury may hand out.',
    'Propose an authorisation, and have a colleague agree.',
  );
