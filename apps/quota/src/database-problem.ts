import { Problem } from '@kontor/kit/problem';

/** Classes of SQLSTATE that pass by themselves: connection, resources, waiting too long, shut down, system faults. */
const PASSING = new Set(['08', '53', '55', '57', '58']);

/**
 * A failure that passes (the database restarts, is full, or is slow) as a Problem that says try again. Anything else is
 * answered as it is: it is a fault of ours. An error without an SQLSTATE never reached the database or lost it.
 */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
  const lost = typeof code === 'string' && sqlState === undefined || /connection|timeout/i.test(error.message);
  if (sqlState ? !PASSING.has(sqlState.slice(0, 2)) : !lost) return error;
  return Problem.unavailable('ledger_unavailable', 'The ledger cannot reach its database now.',
    'Send it again in a moment: a request with the same id is the same request.');
}
