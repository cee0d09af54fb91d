import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { Clock, SystemClock } from '@kontor/kit/clock';
import { databaseModule } from '@kontor/kit/database';
import { rpc, type ServiceDefinition } from '@kontor/kit/serve';
import { Module } from '@nestjs/common';
import { Accounts } from './accounts.ts';
import { ChargeRecords } from './charge-records.ts';
import { Commands } from './commands.ts';
import { QuotaConfig } from './config.ts';
import database from './database.ts';
import { Durability } from './durability.ts';
import { Expiry } from './expiry.ts';
import { Ledger } from './ledger.ts';
import { QuotaController } from './quota.controller.ts';
import { Rates } from './rates.ts';
import { Transfers } from './transfers.ts';

@Module({
  providers: [Accounts, ChargeRecords, Commands, Durability, Expiry, Ledger, QuotaController, Rates, Transfers],
})
class QuotaModule {}

/**
 * A prepared statement keeps the plan it got while its tables were small, and reading a whole table is a good plan for
 * a small one. Every statement of the ledger finds its rows by key, so no other plan is offered.
 */
const BY_KEY = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** The whole service, for a process of its own or for hosting it in a test or a benchmark. */
export function quotaService(config: QuotaConfig, clock: Clock = new SystemClock()): ServiceDefinition {
  return {
    name: 'quota',
    module: {
      module: QuotaModule,
      imports: [databaseModule({ ...database, url: config.databaseUrl, pipeline: true, settings: BY_KEY })],
      providers: [
        { provide: QuotaConfig, useValue: config },
        { provide: Clock, useValue: clock },
      ],
    },
    rpcs: [rpc(QuotaService, QuotaController)],
  };
}
