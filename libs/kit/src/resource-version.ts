import { Problem } from './problem.ts';

/** @throws Problem stale_version, where somebody has changed it since the caller read it */
export function requireNewest(what: string, newest: bigint, sent: bigint): void {
  if (sent === newest) return;
  throw Problem.conflict(
    'stale_version',
    `The ${what} is at version ${newest} by now, and the change is to version ${sent}.`,
    'Read it again, and change what is there then.',
  );
}
