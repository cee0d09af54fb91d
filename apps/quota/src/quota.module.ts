import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { Clock, SystemClock } from '@kontor/kit/clock';
import { databaseModule, furtherDatabase } from '@kontor/kit/database';
import { JournalController, journalProviders } from '@kontor/kit/journal.controller';
import { rpc, type ServiceDefinition } from '@kontor/kit/serve';
import { Module } from '@nestjs/common';
import { Accounts } from './accounts.ts';
import { BudgetController } from './budgets/budget.controller.ts';
import { Budgets } from './budgets/budgets.ts';
import { FocusExport } from './budgets/focus-export.ts';
import { Reports } from './budgets/reports.ts';
import { Statements } from './budgets/statements.ts';
import { ChangeController } from './changes/change.controller.ts';
import { Changes } from './changes/changes.ts';
import { Foundings } from './changes/founding.ts';
import { ChargeRecords } from './charge-records.ts';
import { Commands } from './commands.ts';
import { QuotaConfig } from './config.ts';
import database from './database.ts';
import { Durability } from './durability.ts';
import { Expiry } from './expiry.ts';
import { Ledger } from './ledger.ts';
import { LEDGER_ROLE, LedgerDatabase } from './ledger-database.ts';
import { quotaMutations } from './mutations.ts';
import { AwardEnds } from './programmes/award-ends.ts';
import { Awards } from './programmes/awards.ts';
import { ProgrammeController } from './programmes/programme.controller.ts';
import { Programmes } from './programmes/programmes.ts';
import { Proposals } from './programmes/proposals.ts';
import { QuotaController } from './quota.controller.ts';
import { Rates } from './rates.ts';
import { Transfers } from './transfers.ts';

@Module({
  providers: [
    Accounts,
    ChargeRecords,
    Commands,
    Durability,
    Expiry,
    Ledger,
    QuotaController,
    Rates,
    Transfers,
    AwardEnds,
    Awards,
    ProgrammeController,
    Programmes,
    Proposals,
    ChangeController,
    Changes,
    Foundings,
    BudgetController,
    Budgets,
    FocusExport,
    Reports,
    Statements,
  ],
})
class QuotaModule {}

/**
 * A prepared statement keeps the plan it got while its tables were small, and reading a whole table is a good plan for
 * a small one. Every statement of the ledger finds its rows by key, so no other plan is offered.
 */
const BY_KEY = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/**
 * The whole service, for a process of its own or for hosting it in a test or a benchmark.
 *
 * @param poolSize most connections that read, and most that write
 */
export function quotaService(config: QuotaConfig, clock: Clock = new SystemClock(), poolSize = 10): ServiceDefinition {
  const connections = { ...database, url: config.databaseUrl, pipeline: true, poolSize };
  return {
    name: 'quota',
    module: {
      module: QuotaModule,
      imports: [databaseModule({ ...connections, settings: BY_KEY })],
      providers: [
        { provide: QuotaConfig, useValue: config },
        { provide: Clock, useValue: clock },
        furtherDatabase(LedgerDatabase, { ...connections, settings: { ...BY_KEY, role: LEDGER_ROLE } }),
        ...journalProviders({ service: 'quota', clock, counts: quotaMutations }),
      ],
    },
    rpcs: [
      rpc(QuotaService, QuotaController),
      rpc(ProgrammeService, ProgrammeController),
      rpc(ChangeService, ChangeController),
      rpc(BudgetService, BudgetController),
      rpc(JournalService, JournalController),
    ],
  };
}
