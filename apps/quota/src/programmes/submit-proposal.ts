import { equals } from '@bufbuild/protobuf';
import {
  Proposal_State as State,
  SubmitProposalRequestSchema,
  type SubmitProposalRequest,
} from '@kontor/contracts/quota/v1/programme';
import { journalInsert } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { existsWithDifferent } from '../decide/exists-with-different.ts';
import type { Deed } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { ProposalRow } from '../programme-tables.ts';
import { decideProposal } from './decide-proposal.ts';
import { totalOf } from './limits.ts';
import { openAward } from './open-award.ts';
import { lockProgramme, programmeId } from './programmes.ts';
import { requestAsJson, requestOf } from './proposal-message.ts';
import { recordOf } from './proposal-record.ts';
import { readStanding } from './standing.ts';

/**
 * Takes a proposal and decides it as far as rules can, while the programme's pot is locked: however many come at once,
 * each is decided on what the ones before it left. The same again answers the proposal that is there.
 *
 * @throws Problem where there is no such programme, or the id was used otherwise
 */
export async function submitProposal(
  tx: Transaction,
  request: SubmitProposalRequest,
  deed: Deed,
): Promise<ProposalRow> {
  const { tenantId, projectId } = projectOf(request);
  const { actor, clock } = deed;
  const asked = { ...request, ucr: request.requestedUcr, ...totalOf(request.limits) };
  const id = programmeId(request.programme);
  const programme = await lockProgramme(tx, id);
  if (!programme) throw Problem.notFound('programme', request.programme);
  const found = await tx.manager.findOneBy(ProposalRow, { tenantId, id: request.id });
  if (found) return sameAs(found, request, actor);

  const now = clock.now();
  const parties = { programmeId: id, tenantId, projectId, applicant: actor };
  const { terms, pot } = programme;
  const standing = await readStanding(tx.client, parties, terms, pot.balance - pot.held, now);
  const verdict = decideProposal(terms, asked, standing);
  const grant = { ...verdict, request, applicant: actor, grantedUcr: asked.ucr, decidedBy: [] };
  const award = verdict.state === State.AWARDED ? await openAward(tx, programme, grant, deed) : undefined;
  const { salt, record } = recordOf(request);
  const row: ProposalRow = {
    ...verdict,
    tenantId,
    projectId,
    id: request.id,
    programmeId: id,
    applicant: actor,
    request: requestAsJson(request),
    salt,
    decidedBy: [],
    decidedAt: verdict.state === State.PENDING ? null : now,
    awardId: award?.id ?? null,
    createdAt: now,
  };
  await tx.manager.insert(ProposalRow, row);
  tx.send(
    journalInsert([
      {
        at: now,
        actor,
        action: 'proposal.submit',
        subject: row.id,
        tenantId,
        after: { ...record, ...verdict, awardId: row.awardId },
      },
    ]),
  );
  return row;
}

function sameAs(found: ProposalRow, request: SubmitProposalRequest, applicant: string): ProposalRow {
  const conflict = existsWithDifferent({
    applicant: found.applicant !== applicant,
    content: !equals(SubmitProposalRequestSchema, requestOf(found), request),
  });
  if (conflict) throw conflict;
  return found;
}
