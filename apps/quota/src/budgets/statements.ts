import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { GetStatementRequest, StatementLineSchema, StatementSchema } from '@kontor/contracts/quota/v1/budget';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { cut, NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { creditsOf } from '../assets.ts';
import { QuotaConfig } from '../config.ts';
import { AccountRow } from '../tables.ts';
import { intervalOf } from './interval.ts';
import { balanceBefore, readMovements, type MovementRow } from './read-movements.ts';

/** Movements between two balances. */
@Injectable()
export class Statements {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  /** @throws Problem where there is no such account, or the time runs backwards */
  async get(request: GetStatementRequest): Promise<MessageInitShape<typeof StatementSchema>> {
    const { size, after } = pageOf(request.page, NEWEST_FIRST);
    const [from, to] = intervalOf(request);
    const scope = request.project ?? 'all';
    const {
      accounts,
      read: [opening, closing, before, rows],
    } = await inScope(this.dataSource, scope, async (tx) => {
      const accounts = await this.accountsOf(tx, request);
      const ids = accounts.map(({ id }) => id);
      const read = await Promise.all([
        balanceBefore(tx, ids, from),
        balanceBefore(tx, ids, to),
        after && balanceBefore(tx, ids, ...after),
        readMovements(tx, ids, { from, to, after, limit: size + 1 }),
      ]);
      return { accounts, read };
    });
    const { items, page } = cut(rows, size, ({ at, id }) => [at, id] as const);
    return {
      asset: accounts[0]?.asset ?? creditsOf(this.config.operator),
      opening,
      closing,
      page,
      from: timestampFromDate(from),
      to: request.to ?? timestampFromDate(this.clock.now()),
      lines: linesOf(items, before ?? opening),
    };
  }

  /** The account that is named, or all that hold the project's credits. */
  private async accountsOf(tx: EntityManager, { project, accountId }: GetStatementRequest): Promise<AccountRow[]> {
    if (!project && accountId === '') throw nothingNamed();
    const ofProject = project && { tenantId: project.tenantId, projectId: project.projectId };
    const asset = creditsOf(this.config.operator);
    const which = accountId === '' ? { asset, purpose: In([Purpose.PROJECT, Purpose.AWARD]) } : { id: accountId };
    const accounts = await tx.findBy(AccountRow, { ...ofProject, ...which });
    if (accounts.length === 0 && accountId !== '') throw Problem.notFound('account', accountId);
    return accounts;
  }
}

function linesOf(rows: MovementRow[], before: bigint): MessageInitShape<typeof StatementLineSchema>[] {
  let balance = before;
  return rows.map(({ id, accountId, otherAccountId, at, reason, reservationId, amount }) => {
    balance += BigInt(amount);
    return {
      accountId,
      transferId: id,
      at: timestampFromDate(at),
      reason,
      reservationId: reservationId ?? '',
      otherAccountId,
      amount: BigInt(amount),
      balance,
    };
  });
}

const nothingNamed = (): Problem =>
  Problem.invalid('nothing_named', 'Neither a project nor an account is named.', 'Name one.');
