import type { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import pg, { type ClientBase } from 'pg';
import type { AccountState, AwardTerms } from './decide/decision.ts';
import type { Route } from './account-id.ts';
import { keyOf, type Leg, type Reservation } from './reservation.ts';

/** Names reservations: two arrays of the same length. */
export interface ReservationKeys {
  tenantIds: string[];
  ids: string[];
}

export interface LockedAccount extends AccountState {
  purpose: Purpose;
  asset: string;
  /** Null for the operator's own. */
  tenantId: string | null;
}

/** An int64 is a bigint from the wire on; `pg` alone would hand it over as text. */
const INT8 = 20;
const parserOf = (oid: number) => (oid === INT8 ? BigInt : pg.types.getTypeParser(oid));
const types = { getTypeParser: parserOf as typeof pg.types.getTypeParser };

/** In the order of their ids, so that no two batches ever wait for each other in a circle. */
const LOCKED = 'FROM account WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE';

/** Locks accounts, and answers them as they are once locked. Accounts that do not exist are absent. */
export async function lockAccounts(client: ClientBase, ids: string[]): Promise<Map<string, LockedAccount>> {
  const { rows } = await client.query<Row<LockedAccount>>({
    name: 'lock-accounts',
    text: `SELECT id, purpose, asset, balance, held, floor, tenant_id AS "tenantId", project_id AS "projectId",
             subsidy_ppm AS "subsidyPpm", ends_at AS "endsAt" ${LOCKED}`,
    values: [ids],
    types,
  });
  return new Map(
    rows.map(({ id, purpose, asset, balance, held, floor, ...terms }) => {
      const { tenantId } = terms;
      return [id, { purpose, asset, balance, held, floor, tenantId, award: isAward(terms) ? terms : undefined }];
    }),
  );
}

/** The same with what a decision needs to know and no more, because it is read four times for every reservation. */
export async function lockStates(client: ClientBase, ids: string[]): Promise<Map<string, AccountState>> {
  const { rows } = await client.query<Row<AccountState>>({
    name: 'lock-states',
    text: `SELECT id, balance, held, floor, subsidy_ppm AS "subsidyPpm", ends_at AS "endsAt",
             CASE WHEN subsidy_ppm IS NOT NULL THEN tenant_id END AS "tenantId",
             CASE WHEN subsidy_ppm IS NOT NULL THEN project_id END AS "projectId" ${LOCKED}`,
    values: [ids],
    types,
  });
  return new Map(
    rows.map(({ id, balance, held, floor, ...terms }) => [
      id,
      { balance, held, floor, award: isAward(terms) ? terms : undefined },
    ]),
  );
}

type Perhaps<T> = { [K in keyof T]: T[K] | null };
type Row<T> = Omit<T, 'award'> & { id: string } & Perhaps<AwardTerms>;

const isAward = (terms: Perhaps<AwardTerms>): terms is AwardTerms => terms.subsidyPpm !== null;

/**
 * The rates of classes that are in force from an instant on: the one of the instant, and those that follow it. Whoever
 * waits for locks first knows only then which of them it is.
 *
 * @returns µcr per device-hour of a class at a later instant; undefined where it has no rate
 */
export async function ratesSince(
  client: ClientBase,
  acceleratorClasses: string[],
  since: Date,
): Promise<(acceleratorClass: string, at: Date) => bigint | undefined> {
  const rates = await Promise.all(acceleratorClasses.map((name) => ratesOf(client, name, since)));
  const byClass = new Map(acceleratorClasses.map((name, n) => [name, rates[n]]));
  return (acceleratorClass, at) =>
    byClass.get(acceleratorClass)?.findLast(({ validFrom }) => validFrom <= at)?.ucrPerDeviceHour;
}

/** Oldest first. Of one class, because a statement over several would be planned again for every batch. */
async function ratesOf(client: ClientBase, acceleratorClass: string, since: Date) {
  const { rows } = await client.query<{ validFrom: Date; ucrPerDeviceHour: bigint }>({
    name: 'rates-since',
    text: `SELECT valid_from AS "validFrom", ucr_per_device_hour AS "ucrPerDeviceHour"
           FROM rate WHERE accelerator_class = $1 AND valid_from >= coalesce(
             (SELECT max(valid_from) FROM rate WHERE accelerator_class = $1 AND valid_from <= $2), '-infinity')
           ORDER BY valid_from`,
    values: [acceleratorClass, since],
    types,
  });
  return rows;
}

/** The named reservations with their legs; those that do not exist are absent. */
export async function readReservations(
  client: ClientBase,
  { tenantIds, ids }: ReservationKeys,
): Promise<Map<string, Reservation>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<Omit<Reservation, 'legs'> & { legs: LegAsJson[] }>({
    name: 'read-reservations',
    text: RESERVATIONS,
    values: [tenantIds, ids],
    types,
  });
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), { ...row, legs: row.legs.map(fromJson) }]));
}

/** Amounts are strings, as every int64 in JSON. */
type LegAsJson = Route & { held: string; posted: string };

const fromJson = ({ held, posted, ...route }: LegAsJson): Leg => ({
  ...route,
  held: BigInt(held),
  posted: BigInt(posted),
});

const RESERVATIONS = `
  SELECT tenant_id AS "tenantId", id, project_id AS "projectId", state, accelerator_class AS "acceleratorClass", slots,
         ucr_per_device_hour AS "ucrPerDeviceHour", reserved_cover_device_ms AS "reservedCoverDeviceMs",
         timeout_ms AS "timeoutMs", used_device_ms AS "usedDeviceMs", cover_device_ms AS "coverDeviceMs",
         late_device_ms AS "lateDeviceMs", waived_device_ms AS "waivedDeviceMs", cause, created_at AS "createdAt",
         expires_at AS "expiresAt", award_id AS "awardId", subsidy_ppm AS "subsidyPpm",
         (SELECT json_agg(json_build_object('asset', asset, 'debitAccountId', debit_account_id, 'creditAccountId',
                   credit_account_id, 'held', held::text, 'posted', posted::text) ORDER BY n)
          FROM leg WHERE leg.tenant_id = reservation.tenant_id AND leg.reservation_id = reservation.id) AS legs
  FROM unnest($1::uuid[], $2::uuid[]) AS named (tenant_id, id) JOIN reservation USING (tenant_id, id)`;
