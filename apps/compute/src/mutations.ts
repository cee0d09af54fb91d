import type { MutationCount } from '@kontor/kit/journal-mutations';

/**
 * How compute's mutations are counted without its journal. Jobs are counted by the database itself as they change, so
 * that no path in this code can forget one; decisions and files are rows that the service cannot delete. A cluster's
 * version is raised by the code that journals its change, and proves only that no record of it was lost.
 */
export const computeMutations: MutationCount[] = [
  {
    what: 'changes of jobs',
    actions: /^job\.(?!refused$)/,
    sql: 'SELECT coalesce(sum(mutations), 0) FROM job',
  },
  { what: 'jobs refused', actions: /^job\.refused$/, sql: 'SELECT count(*) FROM decision WHERE NOT has_job' },
  { what: 'files kept', actions: /^file\./, sql: 'SELECT count(*) FROM file' },
  {
    what: 'versions of clusters',
    actions: /^cluster\./,
    sql: 'SELECT coalesce(sum(resource_version), 0) FROM cluster',
  },
];
