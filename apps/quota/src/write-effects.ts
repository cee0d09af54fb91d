import { journalInsert, type JournalEntry } from '@kontor/kit/journal';
import { insertInto, together, update, type Statement } from '@kontor/kit/set-based';
import { chargeRecordOf } from './charge-record-of.ts';
import type { Change, Decided } from './decide/decide.ts';
import type { Transaction } from './in-transaction.ts';
import { keyOf, type Reservation } from './reservation.ts';
import type { AccountRow, ChargeRecordRow, LegRow, ReservationRow, TransferRow } from './tables.ts';

/** Sends what a batch decided, however many commands there were, as one statement. */
export function writeEffects(send: Transaction['send'], { changes, accounts }: Decided, now: Date): void {
  const final = finalRows(changes);
  const fresh = new Set(changes.filter(({ before }) => !before).map(({ after }) => keyOf(after.tenantId, after.id)));
  const isFresh = ({ tenantId, id }: Reservation): boolean => fresh.has(keyOf(tenantId, id));
  const [inserted, updated] = [final.filter(isFresh), final.filter((reservation) => !isFresh(reservation))];

  const statement = together([
    ...some(insertReservations, inserted),
    ...some(insertLegs, inserted.flatMap(legRows)),
    ...some(updateReservations, updated),
    ...some(updateLegs, updated.flatMap(legRows)),
    ...some(
      insertTransfers,
      changes.flatMap(({ transfers }) => transfers),
    ),
    ...some(moveAccounts, accounts),
    ...some(
      insertChargeRecords,
      changes.flatMap((change) => chargeRecordOf(change, now)),
    ),
    ...some(
      journalInsert,
      changes.map((change) => journalEntry(change, now)),
    ),
  ]);
  if (statement) send(statement);
}

/** Each reservation as the last of its commands left it, and how many commands changed it. */
function finalRows(changes: Change[]): (Reservation & Pick<ReservationRow, 'mutations'>)[] {
  const rows = new Map<string, Reservation & Pick<ReservationRow, 'mutations'>>();
  for (const { after } of changes) {
    const key = keyOf(after.tenantId, after.id);
    rows.set(key, { ...after, mutations: (rows.get(key)?.mutations ?? 0n) + 1n });
  }
  return [...rows.values()];
}

const some = <T>(statement: (rows: T[]) => Statement, rows: T[]): Statement[] =>
  rows.length > 0 ? [statement(rows)] : [];

const insertReservations = insertInto<ReservationRow>('reservation', {
  tenantId: 'uuid',
  id: 'uuid',
  projectId: 'uuid',
  state: 'int2',
  acceleratorClass: 'text',
  slots: 'int4',
  ucrPerDeviceHour: 'int8',
  reservedCoverDeviceMs: 'int8',
  timeoutMs: 'int8',
  usedDeviceMs: 'int8',
  coverDeviceMs: 'int8',
  lateDeviceMs: 'int8',
  waivedDeviceMs: 'int8',
  cause: 'int2',
  createdAt: 'timestamptz',
  expiresAt: 'timestamptz',
  awardId: 'uuid',
  subsidyPpm: 'int4',
  mutations: 'int8',
});

const updateReservations = update<ReservationRow>(
  'reservation',
  { tenantId: 'uuid', id: 'uuid' },
  {
    state: 'int2',
    usedDeviceMs: 'int8',
    coverDeviceMs: 'int8',
    lateDeviceMs: 'int8',
    waivedDeviceMs: 'int8',
    cause: 'int2',
    expiresAt: 'timestamptz',
    mutations: 'int8',
  },
  (column) => (column === 'mutations' ? 'old.mutations + new.mutations' : `new.${column}`),
);

const insertLegs = insertInto<LegRow>('leg', {
  tenantId: 'uuid',
  reservationId: 'uuid',
  n: 'int2',
  asset: 'text',
  debitAccountId: 'uuid',
  creditAccountId: 'uuid',
  held: 'int8',
  posted: 'int8',
});

const updateLegs = update<LegRow>(
  'leg',
  { tenantId: 'uuid', reservationId: 'uuid', n: 'int2' },
  { held: 'int8', posted: 'int8' },
);

const TRANSFER = {
  id: 'uuid',
  debitAccountId: 'uuid',
  creditAccountId: 'uuid',
  asset: 'text',
  amount: 'int8',
  reason: 'int2',
  reservationId: 'uuid',
  createdAt: 'timestamptz',
} as const;

export const insertTransfers = insertInto<TransferRow>('transfer', TRANSFER);

const insertMarked = insertInto<TransferRow>('transfer', { ...TRANSFER, ofDecision: 'boolean' });

/** Transfers that the record of a decision covers. */
export const insertTransfersOfDecision = (transfers: TransferRow[]): Statement => ({
  ...insertMarked(transfers.map((transfer) => ({ ...transfer, ofDecision: true }))),
  name: 'insert-transfer-of-decision',
});

/** Adds to what is there instead of setting it: should a lock ever fail, all balances would still add up to zero. */
export const moveAccounts = update<Pick<AccountRow, 'id' | 'balance' | 'held'>>(
  'account',
  { id: 'uuid' },
  { balance: 'int8', held: 'int8' },
  (column) => `old.${column} + new.${column}`,
);

const insertChargeRecords = insertInto<ChargeRecordRow>('charge_record', {
  tenantId: 'uuid',
  reservationId: 'uuid',
  projectId: 'uuid',
  acceleratorClass: 'text',
  deviceMs: 'int8',
  lateDeviceMs: 'int8',
  waivedDeviceMs: 'int8',
  ucrPerDeviceHour: 'int8',
  costUcr: 'int8',
  payers: 'jsonb',
  cause: 'int2',
  openedAt: 'timestamptz',
  closedAt: 'timestamptz',
  awardId: 'uuid',
  subsidyPpm: 'int4',
});

const legRows = ({ tenantId, id, legs }: Reservation): LegRow[] =>
  legs.map((leg, n) => ({ ...leg, tenantId, reservationId: id, n }));

const journalEntry = ({ command, actor, before, after }: Change, at: Date): JournalEntry => ({
  at,
  actor,
  action: `reservation.${command.case}`,
  subject: after.id,
  tenantId: after.tenantId,
  before: before && standing(before),
  after: before ? standing(after) : { ...terms(after), ...standing(after) },
});

/** What a reservation fixes for good. */
const terms = ({ projectId, acceleratorClass, slots, ucrPerDeviceHour, awardId, subsidyPpm }: Reservation): object => ({
  projectId,
  acceleratorClass,
  slots,
  ucrPerDeviceHour,
  ...(awardId !== null && { awardId, subsidyPpm }),
});

/** What may change of it; its legs follow from that. */
const standing = ({
  state,
  usedDeviceMs,
  coverDeviceMs,
  lateDeviceMs,
  waivedDeviceMs,
  cause,
  expiresAt,
}: Reservation): object => ({ state, usedDeviceMs, coverDeviceMs, lateDeviceMs, waivedDeviceMs, cause, expiresAt });
