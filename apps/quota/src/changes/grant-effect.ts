import type { ProjectGrant } from '@kontor/contracts/quota/v1/change';
import { Account_Purpose as Purpose, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import type { Person } from '@kontor/kit/person';
import { projectOf } from '@kontor/kit/project-of';
import { accountId } from '../account-id.ts';
import { creditsOf } from '../assets.ts';
import { move } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { openAccounts } from '../open-accounts.ts';
import { refuseOwnProject } from '../programmes/not-own.ts';
import { lockAccounts } from '../read-snapshot.ts';
import type { Effect, Hands } from './effect.ts';
import { checkTreasury, treasuryId } from './treasury.ts';

/**
 * Credits for a project, whose account is opened where it has none yet.
 *
 * @throws Problem where it is the person's own project, or the treasury may not hand out so much
 */
export async function grantEffect(
  tx: Transaction,
  grant: ProjectGrant,
  { operator, actor, clock }: Hands,
  person: Person,
): Promise<Effect> {
  const { amountUcr: amount } = grant;
  const project = projectOf(grant);
  refuseOwnProject(person, project);
  const asset = creditsOf(operator);
  const own = { project, purpose: Purpose.PROJECT, asset };
  const [debitAccountId, creditAccountId] = [treasuryId(operator), accountId(own)];
  // Both at once, in the order of their ids: whoever hands something back locks them so.
  await lockAccounts(tx.client, [debitAccountId, creditAccountId]);
  await checkTreasury(tx, operator, amount);
  return {
    tenantId: project.tenantId,
    async apply() {
      await openAccounts(tx, [{ purpose: Purpose.TREASURY, asset }], null, actor, clock.now());
      await openAccounts(tx, [own], 0n, actor, clock.now());
      // The treasury may be younger than the first look.
      await checkTreasury(tx, operator, amount);
      const movement = { asset, debitAccountId, creditAccountId, amount, reason: Reason.GRANT } as const;
      await move(tx, [movement], ['project-grant', uuid7()], clock);
      return { accountId: creditAccountId, amountUcr: amount };
    },
  };
}
