import type { Matter } from '@kontor/contracts/quota/v1/change';
import { Problem } from '@kontor/kit/problem';
import type { Person } from '@kontor/kit/person';
import type { Transaction } from '../in-transaction.ts';
import { authorisationEffect } from './authorisation-effect.ts';
import { awardEffect } from './award-effect.ts';
import { grantEffect } from './grant-effect.ts';
import type { Effect, Hands } from './effect.ts';
import { programmeEffect } from './programme-effect.ts';
import { rateEffect } from './rate-effect.ts';

/** Checks what a change would do now, under the locks it needs. @throws Problem where it cannot take effect */
export function effectOf(tx: Transaction, { matter }: Matter, hands: Hands, person: Person): Promise<Effect> {
  switch (matter.case) {
    case 'rate':
      return rateEffect(tx, matter.value, hands);
    case 'programme':
      return programmeEffect(tx, matter.value, hands);
    case 'award':
      return awardEffect(tx, matter.value, hands, person);
    case 'authorisation':
      return authorisationEffect(tx, matter.value, hands);
    case 'grant':
      return grantEffect(tx, matter.value, hands, person);
    case undefined:
      throw Problem.invalid(
        'empty_change',
        'The change says nothing to change.',
        'Set one of rate, programme, award, authorisation and grant.',
      );
  }
}
