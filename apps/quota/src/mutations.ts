import { Change_State as ChangeState } from '@kontor/contracts/quota/v1/change';
import { Account_Purpose as Purpose, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import type { MutationCount } from '@kontor/kit/journal-mutations';

const sumOf = (table: string): string => `(SELECT coalesce(sum(mutations), 0) FROM ${table})`;
const countOf = (rows: string): string => `(SELECT count(*) FROM ${rows})`;

/** Programmes of the founding, and changes of a kind that took effect. */
const FOUNDED_PROGRAMMES = `(SELECT coalesce(sum(jsonb_array_length(request -> 'programmes')), 0) FROM founding)`;
const effective = (matter: string): string =>
  countOf(`change WHERE state = ${ChangeState.EFFECTIVE} AND matter ? '${matter}'`);

/** Matches no record: there must be no mutation either. */
const NONE = /^(?!)/;

/**
 * How quota's mutations are counted without its journal: by rows that it cannot delete, by versions that the database
 * raises, and, of reservations, by what the ledger adds as it writes.
 */
export const quotaMutations: MutationCount[] = [
  { what: 'reservations', actions: /^reservation\.reserve$/, sql: countOf('reservation') },
  { what: 'charges', actions: /^reservation\.post$/, sql: countOf('charge_record') },
  { what: 'voids', actions: /^reservation\.void$/, sql: countOf(`reservation WHERE state = ${State.VOIDED}`) },
  {
    what: 'advances and expiries',
    actions: /^reservation\.(advance|expire)$/,
    sql: `SELECT coalesce(sum(mutations - 1 - (state = ${State.VOIDED})::int), 0) - ${countOf('charge_record')}
      FROM reservation`,
  },
  {
    what: 'accounts',
    actions: /^account\.open$/,
    sql: countOf(`account WHERE purpose NOT IN (${Purpose.AWARD}, ${Purpose.PROGRAMME})`),
  },
  {
    what: 'transfers by hand',
    actions: /^transfer\.create$/,
    sql: countOf('transfer WHERE reservation_id IS NULL AND NOT of_decision'),
  },
  {
    what: 'rates by hand',
    actions: /^rate\.set$/,
    sql: 'SELECT coalesce(sum(mutations - of_decision::int), 0) FROM rate',
  },
  { what: 'foundings', actions: /^operator\.found$/, sql: countOf('founding') },
  { what: 'changes', actions: /^change\.(propose|agree|reject)$/, sql: sumOf('change') },
  { what: 'proposals', actions: /^proposal\.(submit|award|withdraw|refuse)$/, sql: sumOf('proposal') },
  {
    what: 'changes of awards',
    actions: /^award\.(extend|return|end)$/,
    sql: 'SELECT coalesce(sum(mutations - 1), 0) FROM award',
  },
  // What changes and proposals bring about has no record of its own, and must not come about otherwise.
  {
    what: 'awards without a proposal',
    actions: NONE,
    sql: `SELECT ${countOf('award')} - ${countOf('proposal WHERE award_id IS NOT NULL')}`,
  },
  {
    what: 'programmes without a decision',
    actions: NONE,
    sql: `SELECT ${sumOf('programme')} - ${FOUNDED_PROGRAMMES} - ${effective('programme')}`,
  },
  {
    what: 'authorisations without a decision',
    actions: NONE,
    sql: `SELECT ${sumOf('authorisation')} - ${countOf('founding')} - ${effective('authorisation')}`,
  },
];
