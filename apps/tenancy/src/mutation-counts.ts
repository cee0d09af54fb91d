import type { MutationCount } from '@kontor/kit/journal-mutations';

/**
 * How many mutations there were, counted without the journal. Memberships come and go by invitations, transfers and
 * erasures, whose own kinds count them, or are changed by hand: then the database notes that one was, and not whose,
 * because a membership that has ended must leave no trace of who it was.
 */
export const MUTATION_COUNTS: MutationCount[] = [
  {
    what: 'what was written down of people',
    actions: /^person\.(first-seen|update)$/,
    sql: `SELECT (SELECT coalesce(sum(mutations), 0) FROM person) +
                 (SELECT coalesce(sum(mutations), 0) FROM erased_person)`,
  },
  { what: 'people erased', actions: /^person\.erase$/, sql: 'SELECT count(*) FROM erased_person' },
  {
    what: 'tenants that they left by it',
    actions: /^tenant\.forget-member$/,
    sql: 'SELECT coalesce(sum(tenants), 0) FROM erased_person',
  },
  {
    what: 'memberships changed by hand',
    actions: /^(project\.((set|remove)-member|leave)|tenant\.remove-admin)$/,
    sql: 'SELECT count(*) FROM membership_change',
  },
  {
    what: 'changes of tenants',
    actions: /^tenant\.(create|update|suspend|resume)$/,
    sql: 'SELECT coalesce(sum(mutations), 0) FROM tenant',
  },
  {
    // Owners come by invitation too, and go by being erased: those changes are of other kinds.
    what: 'changes of projects',
    actions: /^project\.(create|update|suspend|resume|transfer)$/,
    sql: `SELECT (SELECT coalesce(sum(mutations), 0) FROM project) -
                 (SELECT count(*) FROM invitation WHERE accepted_at IS NOT NULL AND role = 2) -
                 (SELECT coalesce(sum(projects_owned), 0) FROM erased_person)`,
  },
  {
    what: 'invitations, and other secrets for them',
    actions: /^invitation\.(create|replace-secret)$/,
    sql: 'SELECT coalesce(sum(mutations), 0) FROM invitation',
  },
  {
    what: 'invitations taken up',
    actions: /^invitation\.accept$/,
    sql: 'SELECT count(accepted_at) FROM invitation',
  },
  {
    what: 'invitations taken back',
    actions: /^invitation\.revoke$/,
    sql: 'SELECT count(revoked_at) FROM invitation',
  },
  {
    what: 'invitations forgotten with whom they were for',
    actions: /^invitation\.forget$/,
    sql: 'SELECT count(forgotten_at) FROM invitation',
  },
  {
    what: 'invitations expired',
    actions: /^invitation\.expire$/,
    sql: 'SELECT count(expired_at) FROM invitation',
  },
  {
    what: 'project tokens, and other secrets for them',
    actions: /^project-token\.(create|replace-secret)$/,
    sql: 'SELECT coalesce(sum(mutations), 0) FROM project_token',
  },
  {
    what: 'project tokens taken back',
    actions: /^project-token\.revoke$/,
    sql: 'SELECT count(revoked_at) FROM project_token',
  },
];
