import { Clock } from '@kontor/kit/clock';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, LessThanOrEqual } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import { inTransaction } from '../in-transaction.ts';
import { AwardRow } from '../programme-tables.ts';
import { Sweeper } from '../sweeper.ts';
import { endAward } from './end-award.ts';

const DUE_MAX = 100;

/** Returns to the programmes what awards that have ended have left. */
@Injectable()
export class AwardEnds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweeper = new Sweeper(() => this.sweep(), DUE_MAX, 'end awards');

  constructor(
    private readonly dataSource: DataSource, private readonly clock: Clock, private readonly config: QuotaConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweeper.stop();
  }

  /** Looks at awards whose end is due now, at most a hundred, one after the other; answers how many there were. */
  async sweep(): Promise<number> {
    const now = this.clock.now();
    const due = await this.dataSource.manager.find(AwardRow, {
      select: { id: true }, where: { dueAt: LessThanOrEqual(now) }, order: { dueAt: 'ASC' }, take: DUE_MAX,
    });
    const deed = { operator: this.config.operator, actor: 'quota', now };
    for (const { id } of due) await inTransaction(this.dataSource, (tx) => endAward(tx, id, deed));
    return due.length;
  }
}
