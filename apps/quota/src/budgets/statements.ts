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
import { lastMovedAt, movedSince, readMovements, type MovementRow } from './read-movements.ts';

const amount = z.string().regex(/^-?\d{1,40}$/);

/**
 * Where a page ends and the balance there; and what all pages of the statement share: its end, what it opens with and
 * what it closes with.
 */
const IN_STATEMENT = z.tuple([instant, z.uuid(), amount, instant, amount, amount]);

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
    const { size, after, cut } = pageOf(request, IN_STATEMENT);
    const [from] = intervalOf(request);
    // All of a page is of one instant, and so is a statement: what is written meanwhile comes after its end.
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      await enterScope(tx, request.project ?? 'all');
      const accounts = await this.accountsOf(tx, request);
      const ids = accounts.map(({ id }) => id);
      const standing = accounts.reduce((sum, { balance }) => sum + balance, 0n);
      const [afterAt, afterId, before, end, openedWith, closedWith] = after ?? [];
      const to = end ?? (await this.endOf(tx, request, ids, from));
      // Reckoned back from what there is now: what came since is little, and what came before is a whole history.
      const closing = standing - (await movedSince(tx, ids, to));
      if (closedWith !== undefined && closedWith !== String(closing)) throw changed();
      const opening = BigInt(openedWith ?? (request.from ? standing - (await movedSince(tx, ids, from)) : 0n));
      const position = afterAt && afterId ? ([afterAt, afterId] as const) : undefined;
      const rows = await readMovements(tx, ids, { from, to, after: position, limit: size + 1 });
      const lines = withBalances(rows, BigInt(before ?? opening));
      const { items, page } = cut(lines, ({ at, id, balance }) => [
        at,
        id,
        String(balance),
        to,
        String(opening),
        String(closing),
      ]);
      return {
        asset: accounts[0]?.asset ?? creditsOf(this.config.operator),
        opening,
        closing,
        page,
        from: timestampFromDate(from),
        to: timestampFromDate(to),
        lines: items.map(lineMessage),
      };
    });
  }

  /**
   * The end that was asked, where it has passed; else just after the last movement, so that what comes next is in the
   * next statement and changes nothing on the pages of this one.
   */
  private async endOf(tx: EntityManager, request: GetStatementRequest, ids: string[], from: Date): Promise<Date> {
    const [asked, now] = [request.to && timestampDate(request.to), this.clock.now()];
    if (asked && asked <= now) return asked;
    const last = await lastMovedAt(tx, ids);
    const soFar = last ? last.getTime() + 1 : now.getTime();
    return new Date(Math.max(Math.min(soFar, asked?.getTime() ?? soFar), from.getTime()));
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

type Line = MovementRow & { balance: bigint };

/** Each movement with what all accounts held together after it. */
function withBalances(rows: MovementRow[], before: bigint): Line[] {
  let balance = before;
  return rows.map((row) => {
    balance += BigInt(row.amount);
    return { ...row, balance };
  });
}

const lineMessage = ({
  id,
  at,
  reservationId,
  amount,
  ...same
}: Line): MessageInitShape<typeof StatementLineSchema> => ({
  ...same,
  transferId: id,
  at: timestampFromDate(at),
  reservationId: reservationId ?? '',
  amount: BigInt(amount),
});

const changed = (): Problem =>
  Problem.conflict(
    'statement_changed',
    'A movement was entered before the end of the statement since its first page was read.',
    'Read it again from its first page.',
  );

const nothingNamed = (): Problem =>
  Problem.invalid('nothing_named', 'Neither a project nor an account is named.', 'Name one.');
