import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { type Clock, SystemClock } from '@kontor/kit/clock';
import { databaseModule } from '@kontor/kit/database';
import { JournalController, journalProviders } from '@kontor/kit/journal.controller';
import { rpc, type ServiceDefinition } from '@kontor/kit/serve';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { TenancyConfig } from './config.ts';
import database from './database.ts';
import { ExpiredInvitations } from './expired-invitations.ts';
import { MUTATION_COUNTS } from './mutation-counts.ts';
import { OperatorTenant } from './operator-tenant.ts';
import { Ports } from './ports.ts';
import { TenancyController } from './tenancy.controller.ts';

@Module({})
class TenancyModule {}

/** The whole service, for a process of its own or for one with others. */
export const tenancyService = (
  { KONTOR_DATABASE_URL: url, KONTOR_OPERATOR: operator }: TenancyConfig,
  clock: Clock = new SystemClock(),
): ServiceDefinition => ({
  name: 'tenancy',
  module: {
    module: TenancyModule,
    imports: [databaseModule({ ...database, url })],
    providers: [
      { provide: Ports, inject: [DataSource], useFactory: (db: DataSource): Ports => ({ db, clock, operator }) },
      OperatorTenant,
      ExpiredInvitations,
      TenancyController,
      ...journalProviders({ service: 'tenancy', clock, counts: MUTATION_COUNTS }),
    ],
  },
  rpcs: [rpc(TenancyService, TenancyController), rpc(JournalService, JournalController)],
});
