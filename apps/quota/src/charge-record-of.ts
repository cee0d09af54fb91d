import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { kindOf } from './assets.ts';
import type { Change } from './decide/decide.ts';
import type { ChargeRecordRow } from './tables.ts';

/** The charge record of a change that ended a reservation with its use; nothing for any other. */
export function chargeRecordOf({ before, after }: Change, closedAt: Date): ChargeRecordRow[] {
  if (after.state !== State.POSTED || before?.state === State.POSTED) return [];
  const paid = after.legs.filter(({ asset, posted }) => kindOf(asset) === 'credits' && posted > 0n);
  return [
    {
      tenantId: after.tenantId,
      reservationId: after.id,
      projectId: after.projectId,
      acceleratorClass: after.acceleratorClass,
      ucrPerDeviceHour: after.ucrPerDeviceHour,
      deviceMs: after.usedDeviceMs,
      lateDeviceMs: after.lateDeviceMs,
      waivedDeviceMs: after.waivedDeviceMs,
      costUcr: paid.reduce((sum, { posted }) => sum + posted, 0n),
      payers: paid.map(({ debitAccountId, posted }) => ({ accountId: debitAccountId, amountUcr: posted.toString() })),
      cause: after.cause,
      openedAt: after.createdAt,
      closedAt,
      awardId: after.awardId,
      subsidyPpm: after.subsidyPpm,
    },
  ];
}
