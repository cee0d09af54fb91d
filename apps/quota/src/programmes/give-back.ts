import { Reservation_State as State, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { journalInsert } from '@kontor/kit/journal';
import { creditsOf } from '../assets.ts';
import { move, type Deed, type Movement } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { AwardRow } from '../programme-tables.ts';
import { lockAccounts, type LockedAccount } from '../read-snapshot.ts';
import { allowancesOf, type Allowance } from './limits.ts';
import { takeBack, usedBy } from './take-back.ts';

/** How long to wait before looking again at an award that has something to return. */
const AGAIN_MS = 60_000;

/** An award, locked with everything that its end moves something to or from. */
export interface Ending {
  award: AwardRow;
  account: LockedAccount;
  endsAt: Date;
  allowances: Allowance[];
  accounts: Map<string, LockedAccount>;
}

/** Locks an award to end it: its programme's pot first, as whoever awards does. */
export async function lockEnding({ manager, client }: Transaction, id: string): Promise<Ending> {
  const before = await manager.findOneByOrFail(AwardRow, { id });
  const limits = before.limits.map(({ deviceMs, ...limit }) => ({ ...limit, deviceMs: BigInt(deviceMs) }));
  const allowances = allowancesOf(before, limits);
  await lockAccounts(client, [before.programmeId]);
  const ofLimits = allowances.flatMap(({ treasuryId, ownId }) => [treasuryId, ownId]);
  const accounts = await lockAccounts(client, [id, ...ofLimits]);
  const award = await manager.findOneByOrFail(AwardRow, { id });
  const account = accounts.get(id);
  if (!account?.award) throw new Error(`The award ${id} has no account.`);
  return { award, account, endsAt: account.award.endsAt, allowances, accounts };
}

/**
 * Gives back what an award that has ended has left: to the programme at once what nothing is set aside from, and when
 * the last of its jobs has ended the rest, with the device time and slots that came with it. What other jobs of the
 * project still hold of these follows as it becomes free; until then the award stays open.
 *
 * @param askedAs how the journal names it where somebody asked; time asks again and again, and is named only when
 * something happens
 */
export async function giveBack(
  tx: Transaction,
  { award, account, allowances, accounts }: Ending,
  deed: Deed,
  askedAs?: string,
): Promise<void> {
  const { id } = award;
  const isInUse = await hasOpenReservations(tx, id);
  const limits = isInUse ? undefined : takeBack(award.taken, allowances, await usedBy(tx.client, id), accounts);
  const isClosed = limits !== undefined && !limits.isHeldUp;
  const leftUcr = account.balance - account.held;
  const movements = [creditsBack(award, leftUcr, deed), ...(limits?.movements ?? [])].filter(
    ({ amount }) => amount > 0n,
  );
  const now = deed.clock.now();
  const dueAt = isClosed ? null : new Date(now.getTime() + AGAIN_MS);
  if (movements.length === 0 && !isClosed && askedAs === undefined) {
    await tx.manager.update(AwardRow, { id }, { dueAt });
    return;
  }
  const returnedUcr = award.returnedUcr + leftUcr;
  const resourceVersion = award.resourceVersion + 1n;
  await move(tx, movements, ['award-end', id, String(resourceVersion)], deed.clock);
  const taken = limits?.taken ?? award.taken;
  await tx.manager.update(AwardRow, { id }, { dueAt, returnedUcr, resourceVersion, taken });
  const [before, after] = [{ returnedUcr: award.returnedUcr }, { returnedUcr, isClosed }];
  const { tenantId } = award;
  tx.send(
    journalInsert([
      { at: now, actor: deed.actor, action: askedAs ?? 'award.end', subject: id, tenantId, before, after },
    ]),
  );
}

const creditsBack = ({ id, programmeId }: AwardRow, amount: bigint, { operator }: Deed): Movement => ({
  asset: creditsOf(operator),
  debitAccountId: id,
  creditAccountId: programmeId,
  amount,
  reason: Reason.RETURN,
});

/** Also one that expired: its job may still report use, and the site's fault be given back. */
async function hasOpenReservations({ client }: Transaction, awardId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM reservation WHERE award_id = $1 AND state = ANY($2::int2[]) LIMIT 1',
    [awardId, [State.PENDING, State.EXPIRED]],
  );
  return rowCount !== 0;
}
