import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { Sweeper } from '@kontor/kit/sweeper';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { Commands } from './commands.ts';
import { QuotaConfig } from './config.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { QuietPeriod } from './quiet-period.ts';
import { ReservationRow } from './tables.ts';

const DUE_MAX = 1_000;

/** Gives back what nobody resolved in time. Any number of replicas may do it: each reservation expires once. */
@Injectable()
export class Expiry implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweeper = new Sweeper({
    service: 'quota',
    what: 'expire reservations',
    // Whoever still runs, or ran while nobody was here to be told, reports first.
    sweep: async () => (this.period.isQuiet() ? 0 : this.sweep()),
    most: DUE_MAX,
  });
  private readonly period: QuietPeriod;

  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly clock: Clock,
    private readonly commands: Commands,
    config: QuotaConfig,
  ) {
    this.period = new QuietPeriod(clock, config.quietMs);
  }

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweeper.stop();
  }

  /** Expires what is due now, at most a thousand; answers how many there were. */
  async sweep(): Promise<number> {
    const due = await this.ledger.getRepository(ReservationRow).find({
      select: { tenantId: true, projectId: true, id: true },
      take: DUE_MAX,
      where: { state: State.PENDING, expiresAt: LessThanOrEqual(this.clock.now()) },
      order: { expiresAt: 'ASC' },
    });
    await Promise.all(
      due.map(({ tenantId, projectId, id }) => {
        const value = { project: { $typeName: 'kontor.resource.v1.ProjectRef' as const, tenantId, projectId }, id };
        return this.commands.execute({ case: 'expire', value }, { actor: 'quota', isGone: false });
      }),
    );
    return due.length;
  }
}
