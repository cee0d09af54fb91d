import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Account_Purpose as Purpose,
  type AccountSchema,
  type OpenAccountRequest,
} from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Clock } from '@kontor/kit/clock';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { INT64_MAX } from '@kontor/ledger/int64';
import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { accountId, operatorAccounts, type AccountName } from './account-id.ts';
import { QuotaConfig } from './config.ts';
import { availableOf } from './decide/shortage.ts';
import { existsWithDifferent } from './decide/exists-with-different.ts';
import { inTransaction } from './in-transaction.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { openAccounts } from './open-accounts.ts';
import { AccountRow } from './tables.ts';
import { trialBalance } from './trial-balance.ts';

type AccountInit = MessageInitShape<typeof AccountSchema>;

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

  /** @throws Problem where purpose and project do not go together, or the account exists with another floor */
  async open({ project, purpose, asset, floor }: OpenAccountRequest, actor: string): Promise<AccountInit> {
    if (purpose === Purpose.AWARD || purpose === Purpose.PROGRAMME) throw notOpenedByHand();
    const ofProject = purpose === Purpose.PROJECT;
    if (ofProject !== (project !== undefined)) throw projectAndPurpose();
    if (!ofProject && floor !== undefined) throw floorOfOperator();
    const wanted = ofProject ? (floor ?? 0n) : null;
    await this.ensure([{ project, purpose, asset }], wanted, actor);
    const id = accountId({ project, purpose, asset });
    const account = await inScope(this.dataSource, project ?? 'all', (tx) => tx.findOneByOrFail(AccountRow, { id }));
    const conflict = existsWithDifferent({ floor: account.floor !== wanted });
    if (conflict) throw conflict;
    return accountMessage(account);
  }

  /** Accounts of a project, or the operator's own where none is named. */
  async list(project: ProjectRef | undefined): Promise<AccountInit[]> {
    const { tenantId, projectId } = project ?? { tenantId: IsNull(), projectId: IsNull() };
    const rows = await inScope(this.dataSource, project ?? 'all', (tx) =>
      tx.find(AccountRow, { where: { tenantId, projectId }, order: { asset: 'ASC', purpose: 'ASC' } }),
    );
    return rows.map(accountMessage);
  }

  /** What the books add up to, by asset. */
  trialBalance(): ReturnType<typeof trialBalance> {
    return inScope(this.dataSource, 'all', trialBalance);
  }

  /** Opens the operator's accounts of classes that are seen for the first time. */
  async openForClasses(acceleratorClasses: string[]): Promise<void> {
    const unseen = acceleratorClasses.filter((acceleratorClass) => !this.ready.has(acceleratorClass));
    if (unseen.length === 0) return;
    const names = unseen.flatMap((acceleratorClass) => operatorAccounts(this.config.operator, acceleratorClass));
    await this.ensure(names, null, 'quota');
    for (const acceleratorClass of unseen) this.ready.add(acceleratorClass);
  }

  private async ensure(names: AccountName[], floor: bigint | null, actor: string): Promise<void> {
    const at = this.clock.now();
    await inTransaction(this.ledger, (tx) => openAccounts(tx, names, floor, actor, at));
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
