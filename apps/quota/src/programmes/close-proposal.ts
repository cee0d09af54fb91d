import { Proposal_State as State } from '@kontor/contracts/quota/v1/programme';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { journalInsert } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import type { Deed } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { ProposalRow } from '../programme-tables.ts';

/** What became of a pending proposal. */
export type Closing = Pick<ProposalRow, 'state' | 'rule' | 'reasons' | 'help' | 'decidedBy'> & { awardId?: string };

/**
 * Locks a proposal that still waits for a decision: of two who decide at once one gets it, and the other is told.
 *
 * @throws Problem `proposal_not_found`, or `proposal_already_decided`
 */
export async function lockPending(tx: Transaction, project: ProjectRef, id: string): Promise<ProposalRow> {
  const found = await lockProposal(tx, project, id);
  requirePending(found);
  return found;
}

/** Locks a proposal, whatever became of it. @throws Problem `proposal_not_found` */
export async function lockProposal(
  { client, manager }: Transaction,
  { tenantId, projectId }: ProjectRef,
  id: string,
): Promise<ProposalRow> {
  await client.query('SELECT FROM proposal WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, id]);
  const found = await manager.findOneBy(ProposalRow, { tenantId, projectId, id });
  if (!found) throw Problem.notFound('proposal', id);
  return found;
}

/** @throws Problem `proposal_already_decided` */
export function requirePending(found: ProposalRow): void {
  if (found.state !== State.PENDING) throw alreadyDecided(found);
}

/** Writes down what became of a proposal that `lockPending` locked. */
export async function closeProposal(
  { manager, send }: Transaction,
  found: ProposalRow,
  closing: Closing,
  action: string,
  { actor, clock }: Deed,
): Promise<ProposalRow> {
  const { tenantId, id } = found;
  const decidedAt = clock.now();
  const changed = { ...closing, decidedAt };
  await manager.update(ProposalRow, { tenantId, id }, changed);
  send(
    journalInsert([
      { at: decidedAt, actor, action, subject: id, tenantId, before: { state: found.state }, after: changed },
    ]),
  );
  return { ...found, ...changed };
}

const alreadyDecided = ({ id, state, decidedAt }: ProposalRow): Problem =>
  Problem.conflict(
    'proposal_already_decided',
    `The proposal ${id} is ${State[state]?.toLowerCase()} since ${decidedAt?.toISOString()}.`,
    'Read it to see how; submit another one where that is needed.',
  );
