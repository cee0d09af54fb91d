import { setTimeout as sleep } from 'node:timers/promises';
import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { logger } from '@kontor/kit/log';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, LessThanOrEqual } from 'typeorm';
import { Commands } from './commands.ts';
import { ReservationRow } from './tables.ts';

const EVERY_MS = 1_000;
const DUE_MAX = 1_000;

/** Gives back what nobody resolved in time. Any number of replicas may do it: each reservation expires once. */
@Injectable()
export class Expiry implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopped = new AbortController();
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource, private readonly clock: Clock, private readonly commands: Commands,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeping = this.sweepUntilStopped();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped.abort();
    await this.sweeping;
  }

  /** Expires what is due now, at most a thousand; answers how many there were. */
  async sweep(): Promise<number> {
    const due = await this.dataSource.getRepository(ReservationRow).find({
      select: { tenantId: true, projectId: true, id: true }, take: DUE_MAX,
      where: { state: State.PENDING, expiresAt: LessThanOrEqual(this.clock.now()) }, order: { expiresAt: 'ASC' },
    });
    await Promise.all(due.map(({ tenantId, projectId, id }) => {
      const value = { project: { $typeName: 'kontor.resource.v1.ProjectRef' as const, tenantId, projectId }, id };
      return this.commands.execute({ case: 'expire', value }, { caller: 'quota', isGone: false });
    }));
    return due.length;
  }

  private async sweepUntilStopped(): Promise<void> {
    const { signal } = this.stopped;
    const log = logger('quota');
    while (!signal.aborted) {
      const due = await this.sweep().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, 'could not expire reservations; trying again');
        return 0;
      });
      if (due < DUE_MAX) await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
