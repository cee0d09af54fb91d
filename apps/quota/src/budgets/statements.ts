import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { GetStatementRequest, StatementLineSchema, StatementSchema } from '@kontor/contracts/quota/v1/budget';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { instant, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { enterScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { creditsOf } from '../assets.ts';
import { QuotaConfig } from '../config.ts';
import { AccountRow } from '../tables.ts';
import { intervalOf } from './interval.ts';
import { balanceBefore, lastMovedAt, readMovements, type MovementRow } from './read-movements.ts';

/** Where a page ends, and the end and closing balance that all pages of the statement share. */
const IN_STATEMENT = z.tuple([instant, z.uuid(), instant, z.string().regex(/^-?\d{1,40}$/)]);

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
    const { size, after: at, cut } = pageOf(request, IN_STATEMENT);
    const [from] = intervalOf(request);
    const after: [Date, string] | undefined = at && [at[0], at[1]];
    // All of a page is of one instant, and so is a statement: what is written meanwhile comes after its end.
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      await enterScope(tx, request.project ?? 'all');
      const accounts = await this.accountsOf(tx, request);
      const ids = accounts.map(({ id }) => id);
      const to = at?.[2] ?? (await this.endOf(tx, request, ids, from));
      const [opening, closing, before, rows] = await Promise.all([
        balanceBefore(tx, ids, from),
        balanceBefore(tx, ids, to),
        after && balanceBefore(tx, ids, ...after),
        readMovements(tx, ids, { from, to, after, limit: size + 1 }),
      ]);
      if (at && at[3] !== String(closing)) throw changed();
      const { items, page } = cut(rows, (row) => [row.at, row.id, to, String(closing)]);
      return {
        asset: accounts[0]?.asset ?? creditsOf(this.config.operator),
        opening,
        closing,
        page,
        from: timestampFromDate(from),
        to: timestampFromDate(to),
        lines: linesOf(items, before ?? opening),
      };
    });
  }

  /** The end that was asked; else just after the last movement, so that what comes next is in the next statement. */
  private async endOf(tx: EntityManager, request: GetStatementRequest, ids: string[], from: Date): Promise<Date> {
    if (request.to) return timestampDate(request.to);
    const last = await lastMovedAt(tx, ids);
    const end = last ? last.getTime() + 1 : this.clock.now().getTime();
    return new Date(Math.max(end, from.getTime()));
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

const changed = (): Problem =>
  Problem.conflict(
    'statement_changed',
    'A movement was entered before the end of the statement since its first page was read.',
    'Read it again from its first page.',
  );

const nothingNamed = (): Problem =>
  Problem.invalid('nothing_named', 'Neither a project nor an account is named.', 'Name one.');
