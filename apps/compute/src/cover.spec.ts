import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { coverDeviceMs, coveredMs, coverWanted, isCoverDue } from './cover.ts';

const TERMS = { intervalMs: 60_000n, marginMs: 20_000n };
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });

describe('the cover of a job', () => {
  it.each([
    ['begins with one interval', 0n, 600_000n, 0n, 60_000n],
    ['has the grace beside it, in which the notice is given', 0n, 600_000n, 5_000n, 65_000n],
    ['goes an interval beyond what has passed', 40_000n, 600_000n, 0n, 100_000n],
    ['is never more than the time limit', 0n, 30_000n, 5_000n, 30_000n],
    ['has the checkpoint notice beside that', 0n, 600_000n, 5_000n, 95_000n, 30_000n],
    ['ends with the time limit', 590_000n, 600_000n, 5_000n, 600_000n],
  ])('%s', (_, elapsedMs, timeLimitMs, graceMs, expected, checkpointNoticeMs = 0n) => {
    expect(coverWanted(elapsedMs, { timeLimitMs, graceMs, checkpointNoticeMs }, TERMS)).toBe(expected);
  });

  it.each([
    ['is not due while more than the margin is left', 39_999n, 60_000n, 0n, false],
    ['is due when the margin is reached', 40_000n, 60_000n, 0n, true],
    ['is due earlier by the grace, because the notice comes earlier', 35_000n, 60_000n, 5_000n, true],
    ['is due earlier still by the checkpoint notice', 5_000n, 60_000n, 5_000n, true, 30_000n],
    ['is not due before', 4_999n, 60_000n, 5_000n, false, 30_000n],
    ['is not due once the time limit is covered', 595_000n, 600_000n, 0n, false],
  ])('%s', (_, elapsedMs, coverMs, graceMs, expected, checkpointNoticeMs = 0n) => {
    const limits = { timeLimitMs: 600_000n, graceMs, checkpointNoticeMs };
    expect(isCoverDue(elapsedMs, coverMs, limits, TERMS)).toBe(expected);
  });

  it('is asked for before the engine would tell a job in vain that it ends', () => {
    const limits = fc.record({ graceMs: fc.bigInt(0n, 600_000n), checkpointNoticeMs: fc.bigInt(0n, 600_000n) });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 9n), limits, (elapsedMs, notices) => {
        const all = { ...notices, timeLimitMs: 10n ** 10n };
        const coverMs = coverWanted(elapsedMs, all, TERMS);
        const toldAt = coverMs - notices.graceMs - notices.checkpointNoticeMs;
        expect(isCoverDue(toldAt - TERMS.marginMs, coverMs, all, TERMS)).toBe(true);
        expect(toldAt - TERMS.marginMs).toBeGreaterThan(elapsedMs);
      }),
    );
  });

  it('never lets a job run longer than its device time', () => {
    fc.assert(
      fc.property(positive, fc.bigInt({ min: 1000n, max: 10n ** 6n }), (deviceMs, millidevices) => {
        expect(coverDeviceMs(coveredMs(deviceMs, millidevices), millidevices)).toBeLessThanOrEqual(deviceMs);
      }),
    );
  });
});
