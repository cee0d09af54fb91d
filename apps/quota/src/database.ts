import { Ledger1700000000001 } from '../migrations/0001-ledger.ts';
import { Programmes1700000000002 } from '../migrations/0002-programmes.ts';
import { SealedJournal1700000000003 } from '../migrations/0003-sealed-journal.ts';
import { ChargesByEnd1700000000004 } from '../migrations/0004-charges-by-end.ts';
import { TenantRows1700000000005 } from '../migrations/0005-tenant-rows.ts';
import { CountMutations1700000000006 } from '../migrations/0006-count-mutations.ts';
import { ChargeSums1700000000007 } from '../migrations/0007-charge-sums.ts';
import { AccountsInPages1700000000008 } from '../migrations/0008-accounts-in-pages.ts';
import { AwardTerms1700000000009 } from '../migrations/0009-award-terms.ts';
import { WordsOfApplicants1700000000010 } from '../migrations/0010-words-of-applicants.ts';
import { AuthorisationRow, AwardRow, ChangeRow, FoundingRow, ProgrammeRow, ProposalRow } from './programme-tables.ts';
import { AccountRow, ChargeRecordRow, LegRow, RateRow, ReservationRow, TransferRow } from './tables.ts';

/** What quota keeps, for the service itself and for `npm run migrate`. */
const database = {
  service: 'quota',
  tables: [
    AccountRow,
    ReservationRow,
    LegRow,
    TransferRow,
    RateRow,
    ChargeRecordRow,
    ProgrammeRow,
    ProposalRow,
    AwardRow,
    ChangeRow,
    AuthorisationRow,
    FoundingRow,
  ],
  migrations: [
    Ledger1700000000001,
    Programmes1700000000002,
    SealedJournal1700000000003,
    ChargesByEnd1700000000004,
    TenantRows1700000000005,
    CountMutations1700000000006,
    ChargeSums1700000000007,
    AccountsInPages1700000000008,
    AwardTerms1700000000009,
    WordsOfApplicants1700000000010,
  ],
};

export default database;
