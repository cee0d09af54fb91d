import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Account_Purpose as Purpose,
  type AccountSchema,
  type ListAccountsRequest,
  type ListAccountsResponseSchema,
  type OpenAccountRequest,
} from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { narrow, pageOf, text } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { INT64_MAX } from '@kontor/ledger/int64';
import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull } from 'typeorm';
import { z } from 'zod';
import { accountId, operatorAccounts, type AccountName } from './account-id.ts';
import { kindOf } from './assets.ts';
import { withoutTreasury } from './changes/treasury.ts';
import { QuotaConfig } from './config.ts';
import { availableOf } from './decide/shortage.ts';
import { existsWithDifferent } from './decide/exists-with-different.ts';
import { inTransaction, type Transaction } from './in-transaction.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { openAccounts } from './open-accounts.ts';
import { FoundingRow } from './programme-tables.ts';
import { AccountRow, RateRow } from './tables.ts';
import { trialBalance } from './trial-balance.ts';

type AccountInit = MessageInitShape<typeof AccountSchema>;

const BY_ASSET = z.tuple([text, z.int().min(0).max(100), z.uuid()]);

/** Opens and lists the places in the ledger. */
@Injectable()
export class Accounts {
  /** Accelerator classes whose operator accounts are known to be open. */
  private readonly ready = new Set<string>();

  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  /**
   * @throws Problem where purpose and project do not go together, the account exists with another floor, or one below
   * zero would be credit of which no treasury knows
   */
  async open({ project, purpose, asset, floor }: OpenAccountRequest, actor: string): Promise<AccountInit> {
    if (purpose === Purpose.AWARD || purpose === Purpose.PROGRAMME) throw notOpenedByHand();
    const ofProject = purpose === Purpose.PROJECT;
    if (ofProject !== (project !== undefined)) throw projectAndPurpose();
    if (!ofProject && floor !== undefined) throw floorOfOperator();
    const wanted = ofProject ? (floor ?? 0n) : null;
    const id = accountId({ project, purpose, asset });
    const isOverdraft = kindOf(asset) === 'credits' && wanted !== null && wanted < 0n;
    await this.ensure([{ project, purpose, asset }], wanted, actor, async ({ manager }) => {
      if (!isOverdraft || !(await manager.existsBy(FoundingRow, { isDone: true }))) return;
      if (!(await manager.existsBy(AccountRow, { id }))) throw withoutTreasury(OVERDRAFT);
    });
    const account = await inScope(this.dataSource, project ?? 'all', (tx) => tx.findOneByOrFail(AccountRow, { id }));
    const conflict = existsWithDifferent({ floor: account.floor !== wanted });
    if (conflict) throw conflict;
    return accountMessage(account);
  }

  /** Accounts of a project, or the operator's own where none is named. */
  async list(request: ListAccountsRequest): Promise<MessageInitShape<typeof ListAccountsResponseSchema>> {
    const { cut, ...wanted } = pageOf(request, BY_ASSET);
    const { tenantId, projectId } = request.project ?? { tenantId: IsNull(), projectId: IsNull() };
    const rows = await inScope(this.dataSource, request.project ?? 'all', (tx) => {
      const query = tx.createQueryBuilder(AccountRow, 'a').where({ tenantId, projectId });
      return narrow(query, ['a.asset', 'a.purpose', 'a.id'], 'ASC', wanted).getMany();
    });
    const { items, page } = cut(rows, ({ asset, purpose, id }) => [asset, purpose, id]);
    return { accounts: items.map(accountMessage), page };
  }

  /** What the books add up to, by asset. */
  trialBalance(): ReturnType<typeof trialBalance> {
    return inScope(this.dataSource, 'all', trialBalance);
  }

  /**
   * Opens the operator's accounts of classes that are seen for the first time and have a rate, now or later: in a
   * transaction of its own, which is not to be waited for with accounts locked.
   */
  async openForClasses(acceleratorClasses: string[]): Promise<void> {
    const unseen = acceleratorClasses.filter((acceleratorClass) => !this.ready.has(acceleratorClass));
    if (unseen.length === 0) return;
    const priced = await inTransaction(this.ledger, async (tx) => {
      const rates = await tx.manager.findBy(RateRow, { acceleratorClass: In(unseen) });
      const classes = [...new Set(rates.map(({ acceleratorClass }) => acceleratorClass))];
      const names = classes.flatMap((acceleratorClass) => operatorAccounts(this.config.operator, acceleratorClass));
      if (names.length > 0) await openAccounts(tx, names, null, 'quota', this.clock.now());
      return classes;
    });
    for (const acceleratorClass of priced) this.ready.add(acceleratorClass);
  }

  /** Whether the operator's accounts of a class are known to be open, so that its use can be booked. */
  areOpenFor(acceleratorClass: string): boolean {
    return this.ready.has(acceleratorClass);
  }

  private async ensure(
    names: AccountName[],
    floor: bigint | null,
    actor: string,
    check?: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    const at = this.clock.now();
    await inTransaction(this.ledger, async (tx) => {
      await check?.(tx);
      await openAccounts(tx, names, floor, actor, at);
    });
  }
}

function accountMessage({
  tenantId,
  projectId,
  floor,
  createdAt,
  subsidyPpm,
  endsAt,
  ...same
}: AccountRow): AccountInit {
  const available = availableOf({ ...same, floor });
  return {
    ...same,
    createdAt: timestampFromDate(createdAt),
    ...(tenantId !== null && projectId !== null && { project: { tenantId, projectId } }),
    // With a deep overdraft more may be available than 64 bits can say; nobody can ask for more than that at once.
    ...(floor !== null && { floor }),
    ...(subsidyPpm !== null && { subsidyPpm }),
    ...(endsAt !== null && { endsAt: timestampFromDate(endsAt) }),
    ...(available !== undefined && { available: available < INT64_MAX ? available : INT64_MAX }),
  };
}

const OVERDRAFT = 'Once an operator is founded, projects spend no credits that its treasury did not hand out.';

const notOpenedByHand = (): Problem =>
  Problem.invalid(
    'purpose_does_not_fit',
    'Awards and programmes open their own accounts.',
    'Submit a proposal to a programme, or propose a programme.',
  );

const projectAndPurpose = (): Problem =>
  Problem.invalid(
    'purpose_does_not_fit',
    'Accounts with the purpose PROJECT name a project, and no others do.',
    'Name a project, or choose another purpose.',
  );

const floorOfOperator = (): Problem =>
  Problem.invalid('floor_does_not_fit', 'Only the accounts of a project have a floor.', 'Leave the floor out.');
