import type { AwardDecision } from '@kontor/contracts/quota/v1/change';
import { Proposal_State as State } from '@kontor/contracts/quota/v1/programme';
import { Problem } from '@kontor/kit/problem';
import type { Person } from '@kontor/kit/person';
import { projectOf } from '@kontor/kit/project-of';
import type { Transaction } from '../in-transaction.ts';
import { closeProposal, lockPending } from '../programmes/close-proposal.ts';
import { refusalOf } from '../programmes/decide-proposal.ts';
import { totalOf } from '../programmes/limits.ts';
import { refuseOwn, selfApproval } from '../programmes/not-own.ts';
import { openAward } from '../programmes/open-award.ts';
import { lockProgramme } from '../programmes/programmes.ts';
import { requestOf } from '../programmes/proposal-message.ts';
import { readStanding } from '../programmes/standing.ts';
import type { Effect, Hands } from './effect.ts';

/**
 * Awards a proposal that the rules left to people. They are not bound by the threshold, and by everything else.
 *
 * @throws Problem where it is decided already, is one of theirs, or may not be awarded by anyone
 */
export async function awardEffect(
  tx: Transaction,
  decision: AwardDecision,
  hands: Hands,
  person: Person,
): Promise<Effect> {
  const project = projectOf(decision);
  const { grantedUcr } = decision;
  const proposal = await lockPending(tx, project, decision.proposalId);
  refuseOwn(person, project, proposal);
  if (hands.persons.includes(proposal.applicant)) throw selfApproval('Whoever applied cannot decide.');
  const request = requestOf(proposal);
  if (grantedUcr > request.requestedUcr) throw moreThanAsked(grantedUcr, request.requestedUcr);
  const programme = await lockProgramme(tx, proposal.programmeId);
  if (!programme) throw new Error(`The programme ${proposal.programmeId} is gone.`);
  const { terms, pot } = programme;
  const standing = await readStanding(tx.client, proposal, terms, pot.balance - pot.held, hands.now);
  const refusal = refusalOf(terms, { ...request, ucr: grantedUcr, ...totalOf(request.limits) }, standing);
  if (refusal) throw Problem.refused(`refused_by_${refusal.rule}`, refusal.reasons, refusal.help);

  const how = { rule: 'staff', reasons: hands.reason, decidedBy: hands.persons };
  return {
    tenantId: project.tenantId,
    async apply() {
      const award = await openAward(
        tx,
        programme,
        { ...how, request, applicant: proposal.applicant, grantedUcr },
        hands,
      );
      const closing = { ...how, state: State.AWARDED, help: '', awardId: award.id };
      await closeProposal(tx, proposal, closing, 'proposal.award', hands);
      return { awardId: award.id, grantedUcr };
    },
  };
}

const moreThanAsked = (granted: bigint, asked: bigint): Problem =>
  Problem.invalid(
    'more_than_asked',
    `${granted} µcr are more than the ${asked} that were asked.`,
    'Grant what was asked, or less.',
  );
