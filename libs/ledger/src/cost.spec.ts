import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costUcr } from './cost.ts';

describe('the cost of device time', () => {
  it.each([
    { deviceMs: 0n, rate: 5_000_000n, ucr: 0n, because: 'nothing costs nothing' },
    { deviceMs: 3_600_000n, rate: 5_000_000n, ucr: 5_000_000n, because: 'an hour costs the rate' },
    { deviceMs: 1n, rate: 3_599_999n, ucr: 0n, because: 'a fraction of a µcr is not charged' },
    { deviceMs: 1n, rate: 3_600_000n, ucr: 1n, because: 'a whole one is' },
    { deviceMs: 2n ** 53n + 1n, rate: 3_600_000n, ucr: 2n ** 53n + 1n, because: 'it is exact beyond any double' },
    { deviceMs: 10n ** 15n, rate: 0n, ucr: 0n, because: 'a rate of zero is free' },
  ])('$because', ({ deviceMs, rate, ucr }) => {
    expect(costUcr(deviceMs, rate)).toBe(ucr);
  });

  it('never drifts: however an hour is cut, the differences of the totals add up to the cost of the hour', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 10n ** 6n)), fc.bigInt(0n, 10n ** 12n), (intervals, rate) => {
        let [total, charged] = [0n, 0n];
        for (const interval of intervals) {
          charged += costUcr(total + interval, rate) - costUcr(total, rate);
          total += interval;
        }
        expect(charged).toBe(costUcr(total, rate));
      }),
    );
  });

  it('never falls while use grows', () => {
    const upTo = (most: bigint) => fc.bigInt(0n, most);
    fc.assert(
      fc.property(upTo(10n ** 15n), upTo(10n ** 9n), upTo(10n ** 12n), (used, more, rate) => {
        expect(costUcr(used + more, rate) >= costUcr(used, rate)).toBe(true);
      }),
    );
  });
});
