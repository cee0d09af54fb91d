import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Proposal_State as State,
  type GetProposalRequest,
  type ListPendingProposalsRequest,
  type ListProposalsRequest,
  type ListProposalsResponseSchema,
  type RefuseProposalRequest,
  type SubmitProposalRequest,
  type WithdrawProposalRequest,
} from '@kontor/contracts/quota/v1/programme';
import { Clock } from '@kontor/kit/clock';
import type { Person } from '@kontor/kit/person';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope, type RowScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource, type ObjectLiteral } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import type { Deed } from '../deed.ts';
import { inTransaction } from '../in-transaction.ts';
import { LedgerDatabase } from '../ledger-database.ts';
import { ProposalRow } from '../programme-tables.ts';
import { closeProposal, lockProposal, requirePending } from './close-proposal.ts';
import { refuseOwn } from './not-own.ts';
import { proposalMessage, type ProposalInit } from './proposal-message.ts';
import { submitProposal } from './submit-proposal.ts';

type Listed = Promise<MessageInitShape<typeof ListProposalsResponseSchema>>;

/** Requests to programmes, from their submission to their end. */
@Injectable()
export class Proposals {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  async submit(request: SubmitProposalRequest, person: Person): Promise<ProposalInit> {
    const deed = this.deed(person);
    return proposalMessage(await inTransaction(this.ledger, (tx) => submitProposal(tx, request, deed)));
  }

  async get(request: GetProposalRequest): Promise<ProposalInit> {
    const { tenantId, projectId } = projectOf(request);
    const row = await inScope(this.dataSource, { tenantId }, (tx) =>
      tx.findOneBy(ProposalRow, { tenantId, projectId, id: request.id }),
    );
    if (!row) throw Problem.notFound('proposal', request.id);
    return proposalMessage(row);
  }

  list(request: ListProposalsRequest): Listed {
    const { tenantId, projectId } = projectOf(request);
    const ofProject = 'p.tenant_id = :tenantId AND p.project_id = :projectId';
    return this.listed(request, { tenantId }, ofProject, { tenantId, projectId });
  }

  listPending(request: ListPendingProposalsRequest): Listed {
    return this.listed(request, 'all', 'p.state = :state', { state: State.PENDING });
  }

  /** The same again answers what is there. @throws Problem where somebody else submitted it, or it is decided */
  async withdraw(request: WithdrawProposalRequest, person: Person): Promise<ProposalInit> {
    const deed = this.deed(person);
    return proposalMessage(
      await inTransaction(this.ledger, async (tx) => {
        const found = await lockProposal(tx, projectOf(request), request.id);
        if (found.applicant !== deed.actor) throw notYours();
        if (found.state === State.WITHDRAWN) return found;
        requirePending(found);
        const reasons = 'Its applicant took it back.';
        const closing = { state: State.WITHDRAWN, rule: 'applicant', reasons, help: '', decidedBy: [deed.actor] };
        return closeProposal(tx, found, closing, 'proposal.withdraw', deed);
      }),
    );
  }

  /** The same again answers what is there. @throws Problem where it is their own or their project's, or decided */
  async refuse(request: RefuseProposalRequest, person: Person): Promise<ProposalInit> {
    const deed = this.deed(person);
    const { reasons, help } = request;
    return proposalMessage(
      await inTransaction(this.ledger, async (tx) => {
        const found = await lockProposal(tx, projectOf(request), request.id);
        if (isRefusedBy(deed.actor, found, request)) return found;
        requirePending(found);
        refuseOwn(person, projectOf(request), found);
        const closing = { state: State.REFUSED, rule: 'staff', reasons, help, decidedBy: [deed.actor] };
        return closeProposal(tx, found, closing, 'proposal.refuse', deed);
      }),
    );
  }

  private async listed(
    request: ListProposalsRequest | ListPendingProposalsRequest,
    scope: RowScope,
    which: string,
    values: ObjectLiteral,
  ): Listed {
    const { size, after, cut } = pageOf(request, NEWEST_FIRST);
    const rows = await inScope(this.dataSource, scope, (tx) => {
      const query = tx
        .createQueryBuilder(ProposalRow, 'p')
        .where(which, values)
        .orderBy({ 'p.created_at': 'DESC', 'p.id': 'DESC' })
        .limit(size + 1);
      if (after) query.andWhere('(p.created_at, p.id) < (:at, :id)', { at: after[0], id: after[1] });
      return query.getMany();
    });
    const { items, page } = cut(rows, ({ createdAt, id }) => [createdAt, id]);
    return { proposals: items.map(proposalMessage), page };
  }

  private deed({ reference }: Person): Deed {
    return { operator: this.config.operator, actor: reference, now: this.clock.now() };
  }
}

const isRefusedBy = (actor: string, found: ProposalRow, { reasons, help }: RefuseProposalRequest): boolean =>
  found.state === State.REFUSED && found.decidedBy.includes(actor) && found.reasons === reasons && found.help === help;

const notYours = (): Problem =>
  Problem.forbidden('not_the_applicant', 'Somebody else submitted the proposal.', 'Ask them to take it back.');
