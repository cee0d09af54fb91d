import { FurtherDatabase } from '@kontor/kit/database';

/** Migrations grant it what it may do. */
export const LEDGER_ROLE = 'kontor_quota_ledger';

/**
 * The connections that write, under a role that the service takes on for nothing else and that sees all tenants' rows.
 * Everything else is read on the service's own connections, which cannot write, in the scope of a tenant or of all.
 */
export class LedgerDatabase extends FurtherDatabase {}
