import type { Authorisation } from '@kontor/contracts/quota/v1/change';
import { Problem } from '@kontor/kit/problem';
import type { Transaction } from '../in-transaction.ts';
import { AuthorisationRow } from '../programme-tables.ts';
import type { Effect, Hands } from './effect.ts';
import { handedOutUcr } from './treasury.ts';

/** @throws Problem where more has been handed out already */
export async function authorisationEffect(
  tx: Transaction,
  { authorisedUcr }: Authorisation,
  { operator, clock }: Hands,
): Promise<Effect> {
  const handedOut = await handedOutUcr(tx, operator);
  if (authorisedUcr < handedOut) throw belowHandedOut(authorisedUcr, handedOut);
  return {
    async apply() {
      await tx.manager.insert(AuthorisationRow, { authorisedUcr, at: clock.now() });
      return { authorisedUcr };
    },
  };
}

const belowHandedOut = (authorised: bigint, handedOut: bigint): Problem =>
  Problem.refused(
    'below_handed_out',
    `The treasury has handed out ${handedOut} µcr, which is more than ${authorised}.`,
    'Authorise at least that, or have some returned.',
  );
