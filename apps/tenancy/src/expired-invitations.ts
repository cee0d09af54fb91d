import { Invitation_State as State } from '@kontor/contracts/tenancy/v1/tenancy';
import { journal } from '@kontor/kit/journal';
import { Sweeper } from '@kontor/kit/sweeper';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { In, IsNull, LessThanOrEqual, Not } from 'typeorm';
import { Ports } from './ports.ts';
import { InvitationRow } from './tables.ts';

const DUE_MAX = 100;
const EVERY_MS = 60_000;

/** Forgets the addresses in invitations that nobody took up in time. */
@Injectable()
export class ExpiredInvitations implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sweeper = new Sweeper({
    service: 'tenancy',
    what: 'forget addresses of invitations that expired',
    sweep: () => this.sweep(),
    most: DUE_MAX,
    everyMs: EVERY_MS,
  });

  constructor(private readonly ports: Ports) {}

  onApplicationBootstrap(): void {
    this.sweeper.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweeper.stop();
  }

  /** Sees to those that have expired by now, at most a hundred; answers how many there were. */
  sweep(): Promise<number> {
    const { db, clock } = this.ports;
    const at = clock.now();
    return inScope(db, 'all', async (tx) => {
      // One that is being taken up or back is somebody's, and waits for the next time.
      const due = await tx.find(InvitationRow, {
        where: { email: Not(IsNull()), expiresAt: LessThanOrEqual(at) },
        order: { expiresAt: 'ASC' },
        take: DUE_MAX,
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      });
      const ids = due.map(({ id }) => id);
      if (due.length > 0)
        await tx.update(InvitationRow, { id: In(ids) }, { expiredAt: at, email: null, emailKey: null });
      const [before, after] = [{ state: State[State.OPEN] }, { state: State[State.EXPIRED] }];
      const entry = { at, actor: 'tenancy', action: 'invitation.expire', before, after };
      await journal(
        tx,
        due.map(({ id, tenantId }) => ({ ...entry, tenantId, subject: id })),
      );
      return due.length;
    });
  }
}
