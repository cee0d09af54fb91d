import { Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import type { ClientBase } from 'pg';
import { deviceTimeOf } from '../assets.ts';
import { availableOf } from '../decide/shortage.ts';
import type { Movement } from '../deed.ts';
import type { LockedAccount } from '../read-snapshot.ts';
import type { Allowance } from './limits.ts';

/** What was taken back of an award's device time and slots so far, by asset. Amounts are strings, as in JSON. */
export type Taken = Record<string, string>;

/**
 * What can be taken back now of device time and slots that an award's own jobs did not use: never more than the project
 * has free. Pure.
 *
 * @param used by the award's own jobs, all of which have ended; by asset
 * @returns `isHeldUp` where more would be taken if other jobs of the project did not hold it
 */
export function takeBack(
  taken: Taken,
  allowances: readonly Allowance[],
  used: ReadonlyMap<string, bigint>,
  accounts: ReadonlyMap<string, LockedAccount>,
): { movements: Movement[]; taken: Taken; isHeldUp: boolean } {
  const parts = allowances.map(({ asset, amount, treasuryId, ownId }) => {
    const own = accounts.get(ownId);
    const before = BigInt(taken[asset] ?? 0);
    const [owed, free] = [amount - (used.get(asset) ?? 0n) - before, (own && availableOf(own)) ?? 0n];
    const now = owed < free ? owed : free;
    const movement: Movement = {
      asset,
      debitAccountId: ownId,
      creditAccountId: treasuryId,
      amount: now > 0n ? now : 0n,
      reason: Reason.RETURN,
    };
    return { movement, before, isHeldUp: owed > free && own !== undefined && own.held > 0n };
  });
  return {
    movements: parts.map(({ movement }) => movement),
    taken: Object.fromEntries(parts.map(({ movement, before }) => [movement.asset, String(before + movement.amount)])),
    isHeldUp: parts.some(({ isHeldUp }) => isHeldUp),
  };
}

/** Device time that an award's jobs used, by asset. */
export async function usedBy(client: ClientBase, awardId: string): Promise<Map<string, bigint>> {
  const { rows } = await client.query<{ acceleratorClass: string; usedMs: string }>(
    `SELECT accelerator_class AS "acceleratorClass", sum(used_device_ms)::text AS "usedMs"
     FROM reservation WHERE award_id = $1 GROUP BY accelerator_class`,
    [awardId],
  );
  return new Map(rows.map(({ acceleratorClass, usedMs }) => [deviceTimeOf(acceleratorClass), BigInt(usedMs)]));
}
