import { Clock, SystemClock } from '@kontor/kit/clock';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { AwardsController } from './awards.controller.ts';
import { BudgetsController } from './budgets.controller.ts';
import { CatalogueController } from './catalogue.controller.ts';
import { ChangesController } from './changes.controller.ts';
import { GatewayConfig } from './config.ts';
import { FilesController } from './files.controller.ts';
import { FrontPageController } from './front-page.controller.ts';
import { HealthController } from './health.controller.ts';
import { Bearers } from './identity/bearers.ts';
import { Callers } from './identity/callers.ts';
import { Credentials } from './identity/credentials.ts';
import { IdentityGuard } from './identity/identity-guard.ts';
import { IdentityProvider } from './identity/identity-provider.ts';
import { Keycloak } from './identity/keycloak.ts';
import { InvitationsController } from './invitations.controller.ts';
import { JobStreamsController } from './job-streams.controller.ts';
import { JobsController } from './jobs.controller.ts';
import { JournalsController } from './journals.controller.ts';
import { LedgerController } from './ledger.controller.ts';
import { MembersController } from './members.controller.ts';
import { Metrics } from './metrics.ts';
import { OpenStreams } from './open-streams.ts';
import { PersonsController } from './persons.controller.ts';
import { ProgrammesController } from './programmes.controller.ts';
import { ProjectLedgerController } from './project-ledger.controller.ts';
import { ProjectTokensController } from './project-tokens.controller.ts';
import { ProjectsController } from './projects.controller.ts';
import { ProposalsController } from './proposals.controller.ts';
import { ReplyWriter } from './rpc.ts';
import { Services } from './services.ts';
import { AuthController } from './session/auth.controller.ts';
import { BrowserSessions } from './session/browser-sessions.ts';
import { Sessions } from './session/sessions.ts';
import { SignIn } from './session/sign-in.ts';
import { TenantsController } from './tenants.controller.ts';

const identity = [IdentityProvider, Keycloak, Bearers, Credentials, Callers, Sessions, SignIn, BrowserSessions];

export class GatewayModule {
  /** The only module of the gateway. */
  static with(config: GatewayConfig, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        JobsController,
        JobStreamsController,
        FilesController,
        ProjectLedgerController,
        LedgerController,
        CatalogueController,
        TenantsController,
        ProjectsController,
        MembersController,
        InvitationsController,
        ProjectTokensController,
        PersonsController,
        ProgrammesController,
        ProposalsController,
        AwardsController,
        ChangesController,
        BudgetsController,
        JournalsController,
        AuthController,
        HealthController,
        FrontPageController,
      ],
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: Clock, useValue: clock },
        Services,
        Metrics,
        OpenStreams,
        ...identity,
        { provide: APP_GUARD, useClass: IdentityGuard },
        { provide: APP_INTERCEPTOR, useClass: ReplyWriter },
      ],
    };
  }
}
