import { describe, expect, it } from '@jest/globals';
import { afterWrongPassword, waitAfter, type Guesses } from './guesses.ts';

const POLICY = { failuresPerWait: 3, waitStep_s: 60, longestWait_s: 150, forgetAfter_s: 3600 };
const NOON_MS = 1_800_000_000_000;

describe('wrong passwords', () => {
  it('cost nothing until there are too many, then a minute more each time, up to the longest wait', () => {
    const waits_s = [1, 2, 3, 5, 6, 9, 30].map((count) => waitAfter(wrong(count), POLICY, NOON_MS) / 1000);
    expect(waits_s).toEqual([0, 0, 60, 60, 120, 150, 150]);
  });

  it('are waited out', () => {
    expect(waitAfter(wrong(3), POLICY, NOON_MS + 59_999)).toBe(1);
    expect(waitAfter(wrong(3), POLICY, NOON_MS + 60_000)).toBe(0);
    expect(waitAfter(undefined, POLICY, NOON_MS)).toBe(0);
  });

  it('are forgotten after a while', () => {
    expect(afterWrongPassword(wrong(5), POLICY, NOON_MS + 3_600_000)).toEqual({
      failures: 1,
      last_ms: NOON_MS + 3_600_000,
    });
  });

  /** So many, the last of them at noon. */
  function wrong(count: number): Guesses {
    const none: Guesses | undefined = undefined;
    return Array.from({ length: count }).reduce<Guesses>((sofar) => afterWrongPassword(sofar, POLICY, NOON_MS), {
      ...afterWrongPassword(none, POLICY, NOON_MS),
      failures: 0,
    });
  }
});
