import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@kontor/testing/fake-clock';
import { QuietPeriod } from './quiet-period.ts';

describe('a quiet period', () => {
  it('follows the start, for as long as it shall last', () => {
    const { period, passes } = setup();
    expect([period.isQuiet(), passes(59_999), passes(1)]).toEqual([true, true, false]);
  });

  it('does not follow while the clock goes as time does, or a little faster', () => {
    const { passes } = setup();
    passes(60_000);
    expect([passes(1_000), passes(3_600_000), passes(1_000, 10_000)]).toEqual([false, false, false]);
  });

  it('follows a jump of the wall clock, however often it is asked after', () => {
    const { passes } = setup();
    passes(60_000);
    expect([passes(1_000, 7_200_000), passes(30_000), passes(29_999), passes(1)]).toEqual([true, true, true, false]);
  });

  it('does not follow a step backwards', () => {
    const { passes } = setup();
    passes(60_000);
    expect([passes(1_000, -7_200_000), passes(1_000)]).toEqual([false, false]);
  });
});

/** It lasts a minute; time passes, and the clock goes ahead of it. */
function setup() {
  const clock = new FakeClock();
  let passedMs = 0;
  const period = new QuietPeriod(clock, 60_000, () => passedMs);
  const passes = (ms: number, aheadMs = 0): boolean => {
    passedMs += ms;
    clock.advance(ms + aheadMs);
    return period.isQuiet();
  };
  return { period, passes };
}
