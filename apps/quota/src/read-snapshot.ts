import type { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import pg, { type ClientBase } from 'pg';
import type { AccountState } from './decide/decision.ts';
import { keyOf, type Leg, type Reservation } from './reservation.ts';

/** Names reservations: two arrays of the same length. */
export interface ReservationKeys {
  tenantIds: string[];
  ids: string[];
}

export interface LockedAccount extends AccountState {
  purpose: Purpose;
  asset: string;
}

/** An int64 is a bigint from the wire on; `pg` alone would hand it over as text. */
const INT8 = 20;
const parserOf = (oid: number) => (oid === INT8 ? BigInt : pg.types.getTypeParser(oid));
const types = { getTypeParser: parserOf as typeof pg.types.getTypeParser };

/**
 * Locks accounts in the order of their ids, so that no two batches ever wait for each other in a circle, and answers
 * them as they are once locked. Accounts that do not exist are absent.
 */
export async function lockAccounts(client: ClientBase, ids: string[]): Promise<Map<string, LockedAccount>> {
  const { rows } = await client.query<LockedAccount & { id: string }>({
    name: 'lock-accounts',
    text: `SELECT id, purpose, asset, balance, held, floor FROM account WHERE id = ANY($1::uuid[])
           ORDER BY id FOR NO KEY UPDATE`,
    values: [ids], types,
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** µcr per device-hour of each class that has a rate in force. */
export async function ratesInForce(
  client: ClientBase, acceleratorClasses: string[], now: Date,
): Promise<Map<string, bigint>> {
  const { rows } = await client.query<{ acceleratorClass: string; ucrPerDeviceHour: bigint }>({
    name: 'rates-in-force',
    text: `SELECT DISTINCT ON (accelerator_class)
             accelerator_class AS "acceleratorClass", ucr_per_device_hour AS "ucrPerDeviceHour"
           FROM rate WHERE accelerator_class = ANY($1::text[]) AND valid_from <= $2
           ORDER BY accelerator_class, valid_from DESC`,
    values: [acceleratorClasses, now], types,
  });
  return new Map(rows.map(({ acceleratorClass, ucrPerDeviceHour }) => [acceleratorClass, ucrPerDeviceHour]));
}

/** The named reservations with their legs; those that do not exist are absent. */
export async function readReservations(
  client: ClientBase, { tenantIds, ids }: ReservationKeys,
): Promise<Map<string, Reservation>> {
  const { rows } = await client.query<Omit<Reservation, 'legs'>>({
    name: 'read-reservations', text: RESERVATIONS, values: [tenantIds, ids], types,
  });
  const found = new Map(rows.map((row) => [keyOf(row.tenantId, row.id), { ...row, legs: [] as Leg[] }]));
  if (rows.length === 0) return found;
  const legs = await client.query<Leg & { tenantId: string; reservationId: string }>({
    name: 'read-legs', text: LEGS, values: [rows.map((row) => row.tenantId), rows.map((row) => row.id)], types,
  });
  for (const { tenantId, reservationId, ...leg } of legs.rows) {
    found.get(keyOf(tenantId, reservationId))?.legs.push(leg);
  }
  return found;
}

const RESERVATIONS = `
  SELECT tenant_id AS "tenantId", id, project_id AS "projectId", state, accelerator_class AS "acceleratorClass", slots,
         ucr_per_device_hour AS "ucrPerDeviceHour", reserved_cover_device_ms AS "reservedCoverDeviceMs",
         timeout_ms AS "timeoutMs", used_device_ms AS "usedDeviceMs", cover_device_ms AS "coverDeviceMs",
         late_device_ms AS "lateDeviceMs", waived_device_ms AS "waivedDeviceMs", cause, created_at AS "createdAt",
         expires_at AS "expiresAt"
  FROM unnest($1::uuid[], $2::uuid[]) AS named (tenant_id, id) JOIN reservation USING (tenant_id, id)`;

const LEGS = `
  SELECT tenant_id AS "tenantId", reservation_id AS "reservationId", asset, debit_account_id AS "debitAccountId",
         credit_account_id AS "creditAccountId", held, posted
  FROM unnest($1::uuid[], $2::uuid[]) AS named (tenant_id, reservation_id) JOIN leg USING (tenant_id, reservation_id)
  ORDER BY tenant_id, reservation_id, n`;
