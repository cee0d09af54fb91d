import { equals } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  Change_State as State,
  MatterSchema,
  type AgreeToChangeRequest,
  type ListChangesRequest,
  type ListChangesResponseSchema,
  type ProposeChangeRequest,
  type RejectChangeRequest,
} from '@kontor/contracts/quota/v1/change';
import { Clock } from '@kontor/kit/clock';
import { journalInsert } from '@kontor/kit/journal';
import type { Person } from '@kontor/kit/person';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import { existsWithDifferent } from '../decide/exists-with-different.ts';
import { inTransaction, type Transaction } from '../in-transaction.ts';
import { LedgerDatabase } from '../ledger-database.ts';
import { ChangeRow } from '../programme-tables.ts';
import { refuseNewcomer, selfApproval } from '../programmes/not-own.ts';
import { changeMessage, matterAsJson, matterIn, matterOf, type ChangeInit } from './change-message.ts';
import type { Hands } from './effect.ts';
import { effectOf } from './effect-of.ts';
import { isDecidedAs, lockChange } from './lock-change.ts';
import { refuseOtherProject } from './refuse-other-project.ts';

/** What takes two persons. */
@Injectable()
export class Changes {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  /** @throws Problem where it could not take effect now, or the id was used otherwise */
  async propose(request: ProposeChangeRequest, person: Person): Promise<ChangeInit> {
    return changeMessage(await inTransaction(this.ledger, (tx) => this.proposeOn(tx, request, person)));
  }

  private async proposeOn(tx: Transaction, request: ProposeChangeRequest, person: Person): Promise<ChangeRow> {
    const { id, reason } = request;
    const matter = matterIn(request);
    const found = await tx.manager.findOneBy(ChangeRow, { id });
    if (found) return sameAs(found, request, person);
    refuseOtherProject(matter, request.project);
    const hands = this.hands(person, [person.reference], reason);
    const { tenantId = null } = await effectOf(tx, matter, hands, person);
    const row: ChangeRow = {
      id,
      matter: matterAsJson(matter),
      tenantId,
      reason,
      proposedBy: person.reference,
      proposedAt: hands.now,
      state: State.OPEN,
      decidedBy: '',
      decidedAt: null,
      decisionReason: '',
    };
    await tx.manager.insert(ChangeRow, row);
    this.note(tx, row, 'change.propose', hands, row.matter);
    return row;
  }

  /** The same again answers what is there. @throws Problem where it is their own, decided, or cannot take effect */
  async agree(request: AgreeToChangeRequest, person: Person): Promise<ChangeInit> {
    return changeMessage(
      await inTransaction(this.ledger, async (tx) => {
        const found = await lockChange(tx, request.id);
        const asked = { state: State.EFFECTIVE, decidedBy: person.reference, decisionReason: request.reason };
        if (isDecidedAs(asked, found)) return found;
        if (found.proposedBy === person.reference) throw selfApproval('Whoever proposed a change cannot agree to it.');
        refuseNewcomer(person, found.proposedAt);
        const matter = matterOf(found);
        refuseOtherProject(matter, request.project);
        const hands = this.hands(person, [found.proposedBy, person.reference], found.reason);
        const effect = await effectOf(tx, matter, hands, person);
        return this.close(tx, found, State.EFFECTIVE, request.reason, hands, await effect.apply());
      }),
    );
  }

  /** The same again answers what is there. @throws Problem where it is decided otherwise */
  async reject({ id, reason }: RejectChangeRequest, person: Person): Promise<ChangeInit> {
    return changeMessage(
      await inTransaction(this.ledger, async (tx) => {
        const found = await lockChange(tx, id);
        const asked = { state: State.REJECTED, decidedBy: person.reference, decisionReason: reason };
        if (isDecidedAs(asked, found)) return found;
        return this.close(tx, found, State.REJECTED, reason, this.hands(person, [person.reference], reason), {});
      }),
    );
  }

  async get(id: string): Promise<ChangeInit> {
    const row = await inScope(this.dataSource, 'all', (tx) => tx.findOneBy(ChangeRow, { id }));
    if (!row) throw Problem.notFound('change', id);
    return changeMessage(row);
  }

  async list(request: ListChangesRequest): Promise<MessageInitShape<typeof ListChangesResponseSchema>> {
    const { size, after, cut } = pageOf(request, NEWEST_FIRST);
    const rows = await inScope(this.dataSource, 'all', (tx) => {
      const query = tx
        .createQueryBuilder(ChangeRow, 'c')
        .orderBy({ 'c.proposed_at': 'DESC', 'c.id': 'DESC' })
        .limit(size + 1);
      if (request.state !== State.UNSPECIFIED) query.andWhere('c.state = :state', { state: request.state });
      if (after) query.andWhere('(c.proposed_at, c.id) < (:at, :id)', { at: after[0], id: after[1] });
      return query.getMany();
    });
    const { items, page } = cut(rows, ({ proposedAt, id }) => [proposedAt, id]);
    return { changes: items.map(changeMessage), page };
  }

  private async close(
    tx: Transaction,
    found: ChangeRow,
    state: State,
    decisionReason: string,
    hands: Hands,
    effect: object,
  ): Promise<ChangeRow> {
    const decided = { state, decidedBy: hands.actor, decidedAt: hands.now, decisionReason };
    await tx.manager.update(ChangeRow, { id: found.id }, decided);
    this.note(tx, found, state === State.EFFECTIVE ? 'change.agree' : 'change.reject', hands, { ...decided, effect });
    return { ...found, ...decided };
  }

  private note({ send }: Transaction, { id, tenantId }: ChangeRow, action: string, hands: Hands, after: object): void {
    const { now: at, actor } = hands;
    send(journalInsert([{ at, actor, action, subject: id, tenantId: tenantId ?? undefined, after }]));
  }

  private hands({ reference }: Person, persons: string[], reason: string): Hands {
    return { operator: this.config.operator, actor: reference, now: this.clock.now(), persons, reason };
  }
}

function sameAs(found: ChangeRow, request: ProposeChangeRequest, person: Person): ChangeRow {
  const conflict = existsWithDifferent({
    proposer: found.proposedBy !== person.reference,
    reason: found.reason !== request.reason,
    matter: !equals(MatterSchema, matterOf(found), matterIn(request)),
  });
  if (conflict) throw conflict;
  return found;
}
