import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ExtendAwardRequest } from '@kontor/contracts/quota/v1/programme';
import { journalInsert } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import type { Person } from '@kontor/kit/person';
import { projectOf } from '@kontor/kit/project-of';
import { requireNewest } from '@kontor/kit/resource-version';
import type { Deed } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { AwardRow, ProposalRow } from '../programme-tables.ts';
import { AccountRow } from '../tables.ts';
import { endOf, type AwardFacts } from './award-facts.ts';
import { lockRunningAward } from './lock-award.ts';
import { refuseOwn } from './not-own.ts';
import { termsOf } from './programmes.ts';

/** Moves the end of a running award. It may then last as long as a new one would. */
export async function extendAward(
  tx: Transaction,
  request: ExtendAwardRequest,
  person: Person,
  { actor, now }: Deed,
): Promise<void> {
  const { id, resourceVersion, reason } = request;
  const facts = await lockRunningAward(tx, projectOf(request), id, now);
  const { award } = facts;
  const { tenantId, proposalId } = award;
  refuseOwn(person, award, await tx.manager.findOneByOrFail(ProposalRow, { tenantId, id: proposalId }));
  requireNewest('award', award.resourceVersion, resourceVersion);
  const endsAt = newEnd(request, facts, now);
  await tx.manager.update(AccountRow, { id }, { endsAt });
  await tx.manager.update(AwardRow, { id }, { dueAt: endsAt, resourceVersion: resourceVersion + 1n });
  tx.send(
    journalInsert([
      {
        at: now,
        actor,
        action: 'award.extend',
        subject: id,
        tenantId: award.tenantId,
        before: { endsAt: endOf(facts) },
        after: { endsAt, reason },
      },
    ]),
  );
}

function newEnd({ endsAt }: ExtendAwardRequest, facts: AwardFacts, now: Date): Date {
  const wanted = endsAt && timestampDate(endsAt);
  const latest = new Date(now.getTime() + Number(termsOf(facts.programme).maxDurationMs));
  if (wanted && wanted > endOf(facts) && wanted <= latest) return wanted;
  throw Problem.invalid(
    'end_does_not_fit',
    `The award ends at ${endOf(facts).toISOString()}; it can end later than that, until ${latest.toISOString()}.`,
    'Choose an instant between the two.',
  );
}
