import { Reservation_State as State, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { journalInsert } from '@kontor/kit/journal';
import { creditsOf } from '../assets.ts';
import { availableOf } from '../decide/shortage.ts';
import { move, type Deed, type Movement } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { AwardRow } from '../programme-tables.ts';
import { lockAccounts, type LockedAccount } from '../read-snapshot.ts';
import { allowancesOf, type Allowance } from './limits.ts';

/** How long to wait before looking again at an award whose jobs still run. */
const AGAIN_MS = 60_000;

/**
 * Gives back what an award that has ended has left: to the programme at once what nothing is set aside from, and when
 * the last of its jobs has ended the rest, with the device time and slots that came with it. Awards that have not
 * ended, and those that have returned everything, stay as they are.
 *
 * @param askedAs how the journal names it where somebody asked; time asks again and again, and is named only when
 * something happens
 */
export async function endAward(tx: Transaction, id: string, deed: Deed, askedAs?: string): Promise<void> {
  const { manager, client } = tx;
  const before = await manager.findOneByOrFail(AwardRow, { id });
  const allowances = allowancesOf(
    before,
    before.limits.map(({ deviceMs, ...limit }) => ({ ...limit, deviceMs: BigInt(deviceMs) })),
  );
  await lockAccounts(client, [before.programmeId]);
  const accounts = await lockAccounts(client, [
    id,
    ...allowances.flatMap(({ treasuryId, ownId }) => [treasuryId, ownId]),
  ]);
  const award = await manager.findOneByOrFail(AwardRow, { id });
  const account = accounts.get(id);
  if (!account?.award || account.award.endsAt > deed.now || award.dueAt === null) return;

  const leftUcr = account.balance - account.held;
  const isClosed = !(await hasOpenReservations(tx, id));
  const credits: Movement = {
    asset: creditsOf(deed.operator),
    debitAccountId: id,
    creditAccountId: award.programmeId,
    amount: leftUcr,
    reason: Reason.RETURN,
  };
  const unused = isClosed ? await unusedOf(tx, id, allowances, accounts) : [];
  const movements = [credits, ...unused].filter(({ amount }) => amount > 0n);
  const dueAt = isClosed ? null : new Date(deed.now.getTime() + AGAIN_MS);
  if (leftUcr === 0n && !isClosed && askedAs === undefined) {
    await manager.update(AwardRow, { id }, { dueAt });
    return;
  }
  const returnedUcr = award.returnedUcr + leftUcr;
  const resourceVersion = award.resourceVersion + 1n;
  await move(tx, movements, ['award-end', id, String(resourceVersion)], deed.now);
  await manager.update(AwardRow, { id }, { dueAt, returnedUcr, resourceVersion });
  tx.send(
    journalInsert([
      {
        at: deed.now,
        actor: deed.actor,
        action: askedAs ?? 'award.end',
        subject: id,
        tenantId: award.tenantId,
        before: { returnedUcr: award.returnedUcr },
        after: { returnedUcr, isClosed },
      },
    ]),
  );
}

/** Also one that expired: its job may still report use, and the site's fault be given back. */
async function hasOpenReservations({ client }: Transaction, awardId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM reservation WHERE award_id = $1 AND state = ANY($2::int2[]) LIMIT 1',
    [awardId, [State.PENDING, State.EXPIRED]],
  );
  return rowCount !== 0;
}

/** Device time that the award's own jobs did not use, and slots; never more than the project has free. */
async function unusedOf(
  { client }: Transaction,
  awardId: string,
  allowances: Allowance[],
  accounts: Map<string, LockedAccount>,
): Promise<Movement[]> {
  const { rows } = await client.query<{ acceleratorClass: string; usedMs: string }>(
    `SELECT accelerator_class AS "acceleratorClass", sum(used_device_ms)::text AS "usedMs"
     FROM reservation WHERE award_id = $1 GROUP BY accelerator_class`,
    [awardId],
  );
  const used = new Map(rows.map(({ acceleratorClass, usedMs }) => [`DEVICE_MS:${acceleratorClass}`, BigInt(usedMs)]));
  return allowances.map(({ asset, amount, treasuryId, ownId }) => {
    const own = accounts.get(ownId);
    const [unused, free] = [amount - (used.get(asset) ?? 0n), (own && availableOf(own)) ?? 0n];
    return {
      asset,
      debitAccountId: ownId,
      creditAccountId: treasuryId,
      amount: unused < free ? unused : free,
      reason: Reason.RETURN,
    };
  });
}
