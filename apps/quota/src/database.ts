import { Ledger1700000000001 } from '../migrations/0001-ledger.ts';
import { AccountRow, ChargeRecordRow, LegRow, RateRow, ReservationRow, TransferRow } from './tables.ts';

/** What quota keeps, for the service itself and for `npm run migrate`. */
const database = {
  service: 'quota',
  tables: [AccountRow, ReservationRow, LegRow, TransferRow, RateRow, ChargeRecordRow],
  migrations: [Ledger1700000000001],
};

export default database;
