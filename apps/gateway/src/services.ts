import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { connect } from '@kontor/kit/connect';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { GatewayConfig } from './config.ts';
import { ServiceHealth, type Health } from './service-health.ts';

/** Services that have a journal. */
export const JOURNALED = ['quota', 'compute', 'tenancy'] as const;
export type Journaled = (typeof JOURNALED)[number];

/** The services behind the gateway, a typed client for each of their contracts. */
@Injectable()
export class Services implements OnApplicationShutdown {
  readonly quota;
  readonly programmes;
  readonly changes;
  readonly budgets;
  readonly compute;
  readonly tenancy;
  readonly journals;
  readonly #health: Record<string, ServiceHealth>;

  constructor({ quota, compute, tenancy, tls }: GatewayConfig) {
    this.quota = connect(QuotaService, quota, tls);
    this.programmes = connect(ProgrammeService, quota, tls);
    this.changes = connect(ChangeService, quota, tls);
    this.budgets = connect(BudgetService, quota, tls);
    this.compute = connect(ComputeService, compute, tls);
    this.tenancy = connect(TenancyService, tenancy, tls);
    this.journals = {
      quota: connect(JournalService, quota, tls, 'quota'),
      compute: connect(JournalService, compute, tls, 'compute'),
      tenancy: connect(JournalService, tenancy, tls, 'tenancy'),
    };
    this.#health = {
      quota: new ServiceHealth('quota', quota, tls),
      compute: new ServiceHealth('compute', compute, tls),
      tenancy: new ServiceHealth('tenancy', tenancy, tls),
    };
  }

  /** What each service says of itself now. */
  async health(): Promise<Record<string, Health>> {
    const asked = Object.entries(this.#health).map(async ([name, service]) => [name, await service.now()] as const);
    return Object.fromEntries(await Promise.all(asked));
  }

  onApplicationShutdown(): void {
    const { quota, programmes, changes, budgets, compute, tenancy } = this;
    const clients = [quota, programmes, changes, budgets, compute, tenancy];
    [...clients, ...Object.values(this.journals), ...Object.values(this.#health)].forEach((client) => client.close());
  }
}
