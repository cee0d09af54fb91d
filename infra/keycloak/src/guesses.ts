import type { GuessingPolicy } from './realm.ts';

/** Wrong passwords for one name, in a row. */
export interface Guesses {
  failures: number;
  /** When the last one came. */
  last_ms: number;
}

/** How long, in milliseconds, passwords for a name are not looked at; 0 when they are. */
export function waitAfter(guesses: Guesses | undefined, policy: GuessingPolicy, now_ms: number): number {
  if (!guesses) return 0;
  const steps = Math.floor(guesses.failures / policy.failuresPerWait);
  const wait_ms = Math.min(steps * policy.waitStep_s, policy.longestWait_s) * 1000;
  return Math.max(0, guesses.last_ms + wait_ms - now_ms);
}

/** The count after one more wrong password. Old ones are forgotten once the policy says so. */
export function afterWrongPassword(guesses: Guesses | undefined, policy: GuessingPolicy, now_ms: number): Guesses {
  const isFresh = guesses && now_ms - guesses.last_ms < policy.forgetAfter_s * 1000;
  return { failures: (isFresh ? guesses.failures : 0) + 1, last_ms: now_ms };
}
