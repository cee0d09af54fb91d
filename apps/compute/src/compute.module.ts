import { Module, type DynamicModule } from '@nestjs/common';
import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import type { EngineService } from '@kontor/contracts/engine/v1/engine';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import type { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import type { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { Clock, SystemClock } from '@kontor/kit/clock';
import { databaseModule } from '@kontor/kit/database';
import { failpoint } from '@kontor/kit/failpoint';
import type { Client } from '@kontor/kit/grpc';
import { JournalController, journalProviders } from '@kontor/kit/journal.controller';
import { logger } from '@kontor/kit/log';
import { rpc, type ServiceDefinition } from '@kontor/kit/serve';
import { DataSource } from 'typeorm';
import { readAcceleratorClasses } from './accelerator-classes.ts';
import { ClusterWatch } from './clusters.ts';
import { ComputeController } from './compute.controller.ts';
import { filesFolder, settingsOf, type ComputeConfig } from './config.ts';
import database from './database.ts';
import { FileStore } from './file-store.ts';
import { computeMutations } from './mutations.ts';
import { Ports } from './ports.ts';
import { Reconciler } from './reconciler.ts';
import { Retention } from './retention.ts';
import { SuspensionWatch } from './suspension.ts';

/** What runs the work, what pays for it, who says where work may go on, and, in tests, what time it is. */
export interface ComputeParts {
  engine: Client<typeof EngineService>;
  quota: Client<typeof QuotaService>;
  programmes: Client<typeof ProgrammeService>;
  tenancy: Ports['tenancy'];
  clock?: Clock;
}

/** The compute service, to be served: in a process of its own, or in one with others. */
export const computeService = (config: ComputeConfig, parts: ComputeParts): ServiceDefinition => ({
  name: 'compute',
  module: ComputeModule.of(config, parts),
  rpcs: [rpc(ComputeService, ComputeController), rpc(JournalService, JournalController)],
});

@Module({})
export class ComputeModule {
  static of(config: ComputeConfig, parts: ComputeParts): DynamicModule {
    const { engine, quota, programmes, tenancy, clock = new SystemClock() } = parts;
    const ports = async (db: DataSource): Promise<Ports> => {
      const files = new FileStore(filesFolder(config), config.KONTOR_FILE_BYTES_MAX);
      await files.prepare();
      return {
        db,
        clock,
        engine,
        quota,
        programmes,
        tenancy,
        files,
        failpoint,
        settings: settingsOf(config),
        log: logger('compute', config.KONTOR_LOG),
        acceleratorClasses: readAcceleratorClasses(),
      };
    };
    return {
      module: ComputeModule,
      imports: [databaseModule({ ...database, url: config.KONTOR_DATABASE_URL })],
      providers: [
        { provide: Ports, inject: [DataSource], useFactory: ports },
        ClusterWatch,
        SuspensionWatch,
        Retention,
        Reconciler,
        ComputeController,
        ...journalProviders({ service: 'compute', clock, counts: computeMutations }),
      ],
    };
  }
}
