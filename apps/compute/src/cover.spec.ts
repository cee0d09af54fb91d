import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costUcr } from '@kontor/ledger/cost';
import { affordableCover, coverDeviceMs, coveredMs, coverWanted, isCoverDue } from './cover.ts';

const TERMS = { intervalMs: 60_000n, marginMs: 20_000n };
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });

describe('the cover of a job', () => {
  it.each([
    ['begins with one interval', 0n, 600_000n, 0n, 60_000n],
    ['has the grace beside it, in which the notice is given', 0n, 600_000n, 5_000n, 65_000n],
    ['goes an interval beyond what has passed', 40_000n, 600_000n, 0n, 100_000n],
    ['is never more than the time limit', 0n, 30_000n, 5_000n, 30_000n],
    ['ends with the time limit', 590_000n, 600_000n, 5_000n, 600_000n],
  ])('%s', (_, elapsedMs, timeLimitMs, graceMs, expected) => {
    expect(coverWanted(elapsedMs, { timeLimitMs, graceMs }, TERMS)).toBe(expected);
  });

  it.each([
    ['is not due while more than the margin is left', 39_999n, 60_000n, 0n, false],
    ['is due when the margin is reached', 40_000n, 60_000n, 0n, true],
    ['is due earlier by the grace, because the notice comes earlier', 35_000n, 60_000n, 5_000n, true],
    ['is not due once the time limit is covered', 595_000n, 600_000n, 0n, false],
  ])('%s', (_, elapsedMs, coverMs, graceMs, expected) => {
    expect(isCoverDue(elapsedMs, coverMs, { timeLimitMs: 600_000n, graceMs }, TERMS)).toBe(expected);
  });

  it('never lets a job run longer than its device time', () => {
    fc.assert(
      fc.property(positive, fc.bigInt({ min: 1000n, max: 10n ** 6n }), (deviceMs, millidevices) => {
        expect(coverDeviceMs(coveredMs(deviceMs, millidevices), millidevices)).toBeLessThanOrEqual(deviceMs);
      }),
    );
  });

  it('grows as far as the credits go, and not a device-millisecond further', () => {
    fc.assert(
      fc.property(positive, positive, fc.bigInt({ min: 0n, max: 10n ** 15n }), (granted, rate, credits) => {
        const most = affordableCover(granted, rate, { credits, deviceMs: undefined });
        expect(costUcr(most, rate) - costUcr(granted, rate)).toBeLessThanOrEqual(credits);
        expect(costUcr(most + 1n, rate) - costUcr(granted, rate)).toBeGreaterThan(credits);
      }),
    );
  });

  it.each([
    ['device time where that ends first', { credits: 10_000_000n, deviceMs: 500n }, 1_500n],
    ['credits where those end first', { credits: 250n, deviceMs: 500_000n }, 1_250n],
    ['nothing where there is nothing', { credits: 0n, deviceMs: 500_000n }, 1_000n],
    ['device time alone where the class is free of charge', { credits: 0n, deviceMs: 7n }, 1_007n, 0n],
    ['no further where neither is limited', { credits: undefined, deviceMs: undefined }, 1_000n],
  ])('grows by %s', (_, means, expected, rate = 3_600_000n) => {
    expect(affordableCover(1_000n, rate, means)).toBe(expected);
  });
});
