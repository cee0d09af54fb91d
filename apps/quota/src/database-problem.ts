import { Problem } from '@kontor/kit/problem';

/** Classes of SQLSTATE that pass by themselves: connection, resources, waiting too long, shut down, system faults. */
const PASSING = new Set(['08', '53', '55', '57', '58']);

/** Others were in the way each time, in a circle of locks or before what was looked up. */
const OTHERS = new Set(['40001', '40P01']);

/** What `pg` says without any code when a connection cannot be had, or is gone. */
const NO_CONNECTION =
  /^(Connection terminated|timeout (exceeded when trying to connect|expired)|Client (has encountered|was closed))/;

/**
 * A failure that passes (the database restarts, is full or slow, or others are in the way) as a Problem that says try
 * again. Anything else is answered as it is: it is a fault of ours.
 */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const failure = (error ?? {}) as Failure;
  if (OTHERS.has(String(failure.code))) return busy();
  return passes(failure) ? unavailable() : error;
}

interface Failure {
  severity?: unknown;
  code?: unknown;
  syscall?: unknown;
  message?: unknown;
}

/** PostgreSQL's errors have a severity and an SQLSTATE, the socket's a system call, those of `pg` a message alone. */
function passes({ severity, code, syscall, message }: Failure): boolean {
  if (severity !== undefined) return PASSING.has(String(code).slice(0, 2));
  return syscall !== undefined || NO_CONNECTION.test(String(message));
}

const AGAIN = 'Send it again in a moment: a request with the same id is the same request.';

const unavailable = (): Problem =>
  Problem.unavailable('ledger_unavailable', 'The ledger cannot reach its database now.', AGAIN);

const busy = (): Problem => Problem.unavailable('ledger_busy', 'Others change the same accounts all the time.', AGAIN);
