import type { Authorisation } from '@kontor/contracts/quota/v1/change';
import { Problem } from '@kontor/kit/problem';
import type { Transaction } from '../in-transaction.ts';
import { AuthorisationRow } from '../programme-tables.ts';
import type { Effect, Hands } from './effect.ts';
import { authorisedUcr as authorisedUcrOf, handedOutUcr } from './treasury.ts';

/** @throws Problem where it replaces another amount than the one in force, or more has been handed out already */
export async function authorisationEffect(
  tx: Transaction,
  { authorisedUcr, replacesUcr }: Authorisation,
  { operator, clock }: Hands,
): Promise<Effect> {
  const handedOut = await handedOutUcr(tx, operator);
  const current = await authorisedUcrOf(tx.manager);
  if (current !== replacesUcr) throw stale(current, replacesUcr);
  if (authorisedUcr < handedOut) throw belowHandedOut(authorisedUcr, handedOut);
  return {
    async apply() {
      await tx.manager.insert(AuthorisationRow, { authorisedUcr, at: clock.now() });
      return { authorisedUcr };
    },
  };
}

const stale = (current: bigint | undefined, replaces: bigint | undefined): Problem =>
  Problem.conflict(
    'stale_authorisation',
    `The treasury may hand out ${said(current)}, and the change replaces ${said(replaces)}.`,
    'Propose a change that replaces what is in force.',
  );

const said = (ucr: bigint | undefined): string => (ucr === undefined ? 'nothing yet' : `${ucr} µcr`);

const belowHandedOut = (authorised: bigint, handedOut: bigint): Problem =>
  Problem.refused(
    'below_handed_out',
    `The treasury has handed out ${handedOut} µcr, which is more than ${authorised}.`,
    'Authorise at least that, or have some returned.',
  );
