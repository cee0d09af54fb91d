import { describe, expect, it } from '@jest/globals';
import { FakeClock } from './fake-clock.ts';

describe('a fake clock', () => {
  it('stands still until it is moved', () => {
    const clock = new FakeClock(new Date('2030-06-01T12:00:00Z'));
    expect(clock.now()).toEqual(clock.now());
    clock.advance(90_000);
    expect(clock.now()).toEqual(new Date('2030-06-01T12:01:30Z'));
  });

  it('gives out instants that nobody can move it by', () => {
    const clock = new FakeClock();
    clock.now().setFullYear(1999);
    expect(clock.now().getUTCFullYear()).toBe(2030);
  });
});
