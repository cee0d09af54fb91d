import { Clock } from '@kontor/kit/clock';
import { Sweeper } from '@kontor/kit/sweeper';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import { inTransaction } from '../in-transaction.ts';
import { LedgerDatabase } from '../ledger-database.ts';
import { AwardRow } from '../programme-tables.ts';
import { QuietPeriod } from '../quiet-period.ts';
import { endAward } from './end-award.ts';

const DUE_MAX = 100;

/** Returns to the programmes what awards that have ended have left. */
@Injectable()
export class AwardEnds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweeper = new Sweeper({
    service: 'quota',
    what: 'end awards',
    // An award that a clock set wrong has ended would be over for good.
    sweep: async () => (this.period.isQuiet() ? 0 : this.sweep()),
    most: DUE_MAX,
  });
  private readonly period: QuietPeriod;

  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {
    this.period = new QuietPeriod(clock, config.quietMs);
  }

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweeper.stop();
  }

  /** Looks at awards whose end is due now, at most a hundred, one after the other; answers how many there were. */
  async sweep(): Promise<number> {
    const due = await this.ledger.manager.find(AwardRow, {
      select: { id: true },
      where: { dueAt: LessThanOrEqual(this.clock.now()) },
      order: { dueAt: 'ASC' },
      take: DUE_MAX,
    });
    const deed = { operator: this.config.operator, actor: 'quota', clock: this.clock };
    for (const { id } of due) await inTransaction(this.ledger, (tx) => endAward(tx, id, deed));
    return due.length;
  }
}
