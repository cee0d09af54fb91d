import type { MutationCount } from '@kontor/kit/journal-mutations';

/**
 * How the ledger's mutations are counted without its journal: by rows that the service cannot delete. What leaves no
 * row of its own is not counted: an advance, because a batch writes a reservation once for all its commands, and an
 * expiry, because a reservation that expired may still be posted.
 */
export const quotaMutations: MutationCount[] = [
  { what: 'reservations', actions: /^reservation\.reserve$/, sql: 'SELECT count(*) FROM reservation' },
  { what: 'charges', actions: /^reservation\.post$/, sql: 'SELECT count(*) FROM charge_record' },
  { what: 'voids', actions: /^reservation\.void$/, sql: 'SELECT count(*) FROM reservation WHERE state = 3' },
  { what: 'proposals', actions: /^proposal\.submit$/, sql: 'SELECT count(*) FROM proposal' },
];
