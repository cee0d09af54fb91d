import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { CatalogueController } from './catalogue.controller.ts';
import { GatewayConfig } from './config.ts';
import { FilesController } from './files.controller.ts';
import { HealthController } from './health.controller.ts';
import { JobStreamsController } from './job-streams.controller.ts';
import { JobsController } from './jobs.controller.ts';
import { LedgerController } from './ledger.controller.ts';
import { Metrics } from './metrics.ts';
import { ProjectLedgerController } from './project-ledger.controller.ts';
import { ReplyWriter } from './rpc.ts';
import { Services } from './services.ts';
import { TokenGuard } from './token-guard.ts';

export class GatewayModule {
  /** The only module of the gateway. */
  static with(config: GatewayConfig): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        JobsController, JobStreamsController, FilesController, ProjectLedgerController, LedgerController,
        CatalogueController, HealthController,
      ],
      providers: [
        { provide: GatewayConfig, useValue: config }, Services, Metrics,
        { provide: APP_GUARD, useClass: TokenGuard },
        { provide: APP_INTERCEPTOR, useClass: ReplyWriter },
      ],
    };
  }
}
