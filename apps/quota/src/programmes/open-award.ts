import type { SubmitProposalRequest } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { uuid5 } from '@kontor/kit/id';
import { projectOf } from '@kontor/kit/project-of';
import { creditsOf } from '../assets.ts';
import { move, type Deed, type Movement } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { openAccounts } from '../open-accounts.ts';
import { AwardRow } from '../programme-tables.ts';
import { AccountRow } from '../tables.ts';
import { allowancesOf, totalOf } from './limits.ts';
import type { LockedProgramme } from './programmes.ts';

/** A decision to award, and how it came about. */
export interface Grant {
  request: SubmitProposalRequest;
  applicant: string;
  grantedUcr: bigint;
  rule: string;
  reasons: string;
  /** References of the persons who decided; none where a rule did. */
  decidedBy: string[];
}

export const awardId = (tenantId: string, proposalId: string): string => uuid5('award', tenantId, proposalId);

/**
 * Opens an award and fills it from the programme's pot, whose lock the caller holds; device time and slots go to the
 * project's own accounts. What it takes from its terms is frozen here: a programme that changes changes later
 * awards.
 */
export async function openAward(
  tx: Transaction,
  { row: programme, terms }: LockedProgramme,
  grant: Grant,
  deed: Deed,
): Promise<AwardRow> {
  const { request, applicant, grantedUcr, rule, reasons, decidedBy } = grant;
  const project = projectOf(request);
  const { tenantId, projectId } = project;
  const { operator, clock } = deed;
  const now = clock.now();
  const id = awardId(tenantId, request.id);
  const endsAt = new Date(now.getTime() + Number(request.durationMs));
  const limits = request.limits.map(({ acceleratorClass, deviceMs, slots }) => ({
    acceleratorClass,
    deviceMs: deviceMs.toString(),
    slots,
  }));
  const asset = creditsOf(operator);
  await tx.manager.insert(AccountRow, {
    id,
    tenantId,
    projectId,
    purpose: Purpose.AWARD,
    asset,
    balance: 0n,
    held: 0n,
    floor: 0n,
    createdAt: now,
    subsidyPpm: terms.subsidyPpm,
    endsAt,
  });
  const row: AwardRow = {
    id,
    tenantId,
    projectId,
    programmeId: programme.id,
    proposalId: request.id,
    applicant,
    grantedUcr,
    returnedUcr: 0n,
    limits,
    ...totalOf(request.limits),
    rule,
    reasons,
    decidedBy,
    grantedAt: now,
    programmeName: terms.name,
    budgetEnd: terms.budgetEnd,
    warnAtPpm: terms.warnAtPpm,
    returnedBy: null,
    taken: {},
    dueAt: endsAt,
    resourceVersion: 1n,
  };
  await tx.manager.insert(AwardRow, row);
  const credits: Movement = {
    asset,
    debitAccountId: programme.id,
    creditAccountId: id,
    amount: grantedUcr,
    reason: Reason.GRANT,
  };
  await move(tx, [credits, ...(await handDown(tx, project, request, deed))], ['award', id], clock);
  return row;
}

/** Device time and slots on their way from the treasury to the project, whose accounts are open then. */
async function handDown(
  tx: Transaction,
  project: ProjectRef,
  { limits }: SubmitProposalRequest,
  { actor, clock }: Deed,
): Promise<Movement[]> {
  const allowances = allowancesOf(project, limits);
  if (allowances.length === 0) return [];
  const now = clock.now();
  await openAccounts(
    tx,
    allowances.map(({ asset }) => ({ purpose: Purpose.TREASURY, asset })),
    null,
    actor,
    now,
  );
  await openAccounts(
    tx,
    allowances.map(({ asset }) => ({ project, purpose: Purpose.PROJECT, asset })),
    0n,
    actor,
    now,
  );
  return allowances.map(({ asset, treasuryId, ownId, amount }) => ({
    asset,
    debitAccountId: treasuryId,
    creditAccountId: ownId,
    amount,
    reason: Reason.GRANT,
  }));
}
