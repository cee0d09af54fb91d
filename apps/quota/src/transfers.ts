import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Account_Purpose as Purpose,
  type CreateTransferRequest,
  type ListTransfersRequest,
  type ListTransfersResponseSchema,
  type TransferSchema,
} from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { journalInsert } from '@kontor/kit/journal';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { kindOf } from './assets.ts';
import { authorisedUcr, exceeded, grantTakesTwoPersons, withoutTreasury } from './changes/treasury.ts';
import { Books } from './decide/books.ts';
import { existsWithDifferent } from './decide/exists-with-different.ts';
import { insufficient } from './decide/shortage.ts';
import { inTransaction, type Transaction } from './in-transaction.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { FoundingRow } from './programme-tables.ts';
import { lockAccounts, type LockedAccount } from './read-snapshot.ts';
import { AccountRow, TransferRow } from './tables.ts';
import { insertTransfers, moveAccounts } from './write-effects.ts';

/** Grants and returns: the movements that somebody orders. Those of reservations are the ledger's own. */
@Injectable()
export class Transfers {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem where an account is missing, assets differ, too little is left, or the id was used otherwise */
  async create(request: CreateTransferRequest, actor: string): Promise<MessageInitShape<typeof TransferSchema>> {
    if (request.debitAccountId === request.creditAccountId) throw sameAccount();
    return transferMessage(await inTransaction(this.ledger, (tx) => this.createOn(tx, request, actor)));
  }

  private async createOn({ client, manager, send }: Transaction, request: CreateTransferRequest, actor: string) {
    const accounts = await lockAccounts(client, [request.debitAccountId, request.creditAccountId]);
    const found = await manager.findOneBy(TransferRow, { id: request.id });
    const at = this.clock.now();
    const rules = {
      authorised: await authorisedUcr(manager),
      isFounded: await manager.existsBy(FoundingRow, { isDone: true }),
    };
    const decided = decideTransfer(request, found, accounts, rules, at);
    if (decided instanceof Problem) throw decided;
    if (decided === found) return found;

    const books = new Books(accounts);
    const overflow = books.enter([], [decided]);
    if (overflow) throw overflow;
    const { id, createdAt: _, ...after } = decided;
    const tenantId = tenantOf(accounts, request);
    send(insertTransfers([decided]));
    send(moveAccounts(books.differences()));
    send(journalInsert([{ at, actor, action: 'transfer.create', subject: id, tenantId, after }]));
    return decided;
  }

  /** @throws Problem where there is no such account, or the project that is named has none such */
  async list(request: ListTransfersRequest): Promise<MessageInitShape<typeof ListTransfersResponseSchema>> {
    const { size, after, cut } = pageOf(request, NEWEST_FIRST);
    const { accountId, project } = request;
    const ofProject = project && { tenantId: project.tenantId, projectId: project.projectId };
    const rows = await inScope(this.dataSource, project ?? 'all', async (tx) => {
      const isThere = await tx.existsBy(AccountRow, { id: accountId, ...ofProject });
      if (!isThere) throw Problem.notFound('account', accountId);
      return tx.query<TransferRow[]>(LIST, [accountId, after?.[0] ?? null, after?.[1] ?? null, size + 1]);
    });
    const shown = cut(rows, ({ createdAt, id }) => [createdAt, id]);
    const transfers = shown.items.map((row) => transferMessage({ ...row, amount: BigInt(row.amount) }));
    return { transfers, page: shown.page };
  }
}

/** Whose books it concerns: the one who gets, else the one who gives. */
const tenantOf = (accounts: Map<string, LockedAccount>, transfer: CreateTransferRequest): string | undefined =>
  accounts.get(transfer.creditAccountId)?.tenantId ?? accounts.get(transfer.debitAccountId)?.tenantId ?? undefined;

/** What may be moved by hand: before the founding anything, and then of credits what goes back to the treasury. */
interface Rules {
  authorised: bigint | undefined;
  isFounded: boolean;
}

/** The transfer to write, the one that is there already, or why not. */
function decideTransfer(
  request: CreateTransferRequest,
  found: TransferRow | null,
  accounts: Map<string, LockedAccount>,
  { authorised, isFounded }: Rules,
  now: Date,
): TransferRow | Problem {
  const { id, debitAccountId, creditAccountId, amount, reason } = request;
  if (found) {
    return (
      existsWithDifferent({
        debit_account_id: debitAccountId !== found.debitAccountId,
        credit_account_id: creditAccountId !== found.creditAccountId,
        amount: amount !== found.amount,
        reason: reason !== found.reason,
      }) ?? found
    );
  }
  const [debit, credit] = [accounts.get(debitAccountId), accounts.get(creditAccountId)];
  if (!debit || !credit) return Problem.notFound('account', debit ? creditAccountId : debitAccountId);
  if (debit.asset !== credit.asset) return differentAssets(debit.asset, credit.asset);
  if (isByDecision(debit) || isByDecision(credit)) return notByHand();
  const { asset, purpose, balance, held, floor } = debit;
  const isCredits = kindOf(asset) === 'credits';
  if (isCredits && isFounded && isHandedOut(debit, credit)) return grantTakesTwoPersons();
  if (isCredits && isFounded && !isHandedBack(debit, credit)) return withoutTreasury(OTHER_WAY);
  // What was never handed out is not handed back either: the treasury could hand it out for a second time.
  const available = balance - held - (isCredits && isFounded ? 0n : (floor ?? 0n));
  if (purpose !== Purpose.TREASURY && amount > available) return insufficient(asset, available, amount);
  if (purpose === Purpose.TREASURY && isCredits && authorised !== undefined) {
    const problem = exceeded(authorised, -balance, amount, asset);
    if (problem) return problem;
  }
  return { id, debitAccountId, creditAccountId, asset, amount, reason, reservationId: null, createdAt: now };
}

/** Two walks along an index each, merged: an account may have millions of movements on either side. */
const LIST = `
  SELECT id, debit_account_id AS "debitAccountId", credit_account_id AS "creditAccountId", asset, amount, reason,
         reservation_id AS "reservationId", created_at AS "createdAt"
  FROM (
    (SELECT * FROM transfer
     WHERE debit_account_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
     ORDER BY created_at DESC, id DESC LIMIT $4)
    UNION ALL
    (SELECT * FROM transfer
     WHERE credit_account_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
     ORDER BY created_at DESC, id DESC LIMIT $4)
  ) AS either ORDER BY created_at DESC, id DESC LIMIT $4`;

const transferMessage = ({
  reservationId,
  createdAt,
  ...same
}: TransferRow): MessageInitShape<typeof TransferSchema> => ({
  ...same,
  reservationId: reservationId ?? '',
  createdAt: timestampFromDate(createdAt),
});

const isByDecision = ({ purpose }: LockedAccount): boolean =>
  purpose === Purpose.AWARD || purpose === Purpose.PROGRAMME;

const isHandedOut = (debit: LockedAccount, credit: LockedAccount): boolean =>
  debit.purpose === Purpose.TREASURY && credit.purpose === Purpose.PROJECT;

const isHandedBack = (debit: LockedAccount, credit: LockedAccount): boolean => isHandedOut(credit, debit);

const OTHER_WAY = 'Once an operator is founded, credits move by hand from projects back to its treasury alone.';

const notByHand = (): Problem =>
  Problem.refused(
    'not_by_hand',
    'What programmes and awards hold moves by decisions alone.',
    'Propose a change, submit a proposal, or return an award.',
  );

const sameAccount = (): Problem =>
  Problem.invalid('same_account', 'A transfer needs two different accounts.', 'Correct one of them.');

const differentAssets = (debit: string, credit: string): Problem =>
  Problem.invalid(
    'different_assets',
    `One account holds ${debit}, the other ${credit}.`,
    'Name two accounts of the same asset.',
  );
