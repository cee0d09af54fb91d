import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { connect } from '@kontor/kit/connect';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { GatewayConfig } from './config.ts';
import { ServiceHealth, type Health } from './service-health.ts';

/** The services behind the gateway, one typed client each. */
@Injectable()
export class Services implements OnApplicationShutdown {
  readonly quota;
  readonly compute;
  readonly #health: Record<string, ServiceHealth>;

  constructor({ quota, compute, tls }: GatewayConfig) {
    this.quota = connect(QuotaService, quota, tls);
    this.compute = connect(ComputeService, compute, tls);
    this.#health = {
      quota: new ServiceHealth('quota', quota, tls),
      compute: new ServiceHealth('compute', compute, tls),
    };
  }

  /** What each service says of itself now. */
  async health(): Promise<Record<string, Health>> {
    const asked = Object.entries(this.#health).map(async ([name, service]) => [name, await service.now()] as const);
    return Object.fromEntries(await Promise.all(asked));
  }

  onApplicationShutdown(): void {
    [this.quota, this.compute, ...Object.values(this.#health)].forEach((client) => client.close());
  }
}
