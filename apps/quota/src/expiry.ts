import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { Sweeper } from '@kontor/kit/sweeper';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { ClockJump } from './clock-jump.ts';
import { Commands } from './commands.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { ReservationRow } from './tables.ts';

const DUE_MAX = 1_000;
/** Several times as long as a running job is usually covered ahead: by then whoever is there has extended it. */
const AFTER_JUMP_MS = 300_000;

/** Gives back what nobody resolved in time. Any number of replicas may do it: each reservation expires once. */
@Injectable()
export class Expiry implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweeper = new Sweeper({
    service: 'quota',
    what: 'expire reservations',
    sweep: () => this.sweepUnlessJumped(),
    most: DUE_MAX,
  });
  private readonly jump: ClockJump;

  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly clock: Clock,
    private readonly commands: Commands,
  ) {
    this.jump = new ClockJump(clock, AFTER_JUMP_MS);
  }

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweeper.stop();
  }

  /** A machine that slept wakes with everything overdue, and those that still run must have their turn first. */
  private async sweepUnlessJumped(): Promise<number> {
    return this.jump.isFresh() ? 0 : this.sweep();
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
