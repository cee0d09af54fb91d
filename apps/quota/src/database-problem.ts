import { Problem } from '@kontor/kit/problem';

/** Classes of SQLSTATE that pass by themselves: connection, resources, waiting too long, shut down, system faults. */
const PASSING = new Set(['08', '53', '55', '57', '58']);

/**
 * A failure that passes (the database restarts, is full, or is slow) as a Problem that says try again. Anything else is
 * answered as it is: it is a fault of ours.
 */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof Problem || !passes(error)) return error;
  return Problem.unavailable(
    'ledger_unavailable',
    'The ledger cannot reach its database now.',
    'Send it again in a moment: a request with the same id is the same request.',
  );
}

/** PostgreSQL's errors have a severity and an SQLSTATE, the socket's a system call, those of `pg` a message alone. */
function passes(error: unknown): boolean {
  const { severity, code, syscall, message } = (error ?? {}) as Record<string, unknown>;
  if (severity !== undefined) return PASSING.has(String(code).slice(0, 2));
  return syscall !== undefined || /connection|timeout/i.test(String(message));
}
