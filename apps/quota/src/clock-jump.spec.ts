import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@kontor/testing/fake-clock';
import { ClockJump } from './clock-jump.ts';

describe('a jump of the wall clock', () => {
  it('is none while the clock goes as time does, or a little faster', () => {
    const { jump, passes } = setup();
    expect([jump.isFresh(), passes(1_000), passes(3_600_000), passes(1_000, 10_000)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('is fresh for as long as it shall count, however often it is asked after', () => {
    const { jump, passes } = setup();
    jump.isFresh();
    expect([passes(1_000, 7_200_000), passes(30_000), passes(29_999), passes(1)]).toEqual([true, true, true, false]);
  });

  it('backwards is none', () => {
    const { jump, passes } = setup();
    jump.isFresh();
    expect([passes(1_000, -7_200_000), passes(1_000)]).toEqual([false, false]);
  });
});

/** A jump counts for a minute; time passes, and the clock goes ahead of it. */
function setup() {
  const clock = new FakeClock();
  let passedMs = 0;
  const jump = new ClockJump(clock, 60_000, () => passedMs);
  const passes = (ms: number, aheadMs = 0): boolean => {
    passedMs += ms;
    clock.advance(ms + aheadMs);
    return jump.isFresh();
  };
  return { jump, passes };
}
