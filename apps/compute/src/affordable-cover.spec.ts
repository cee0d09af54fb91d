import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costUcr } from '@kontor/ledger/cost';
import { splitUcr } from '@kontor/ledger/subsidy';
import { affordableCover, type Means } from './affordable-cover.ts';

const NOTHING: Means = { ucr: undefined, deviceMs: undefined };
/** One µcr for each device-millisecond. */
const RATE = 3_600_000n;

describe('how far a job can be covered', () => {
  it.each<[string, Means, bigint, string | undefined, bigint?]>([
    ['its device time, where that ends first', { ucr: 10_000_000n, deviceMs: 500n }, 1_500n, 'device_time'],
    ['its credits, where those end first', { ucr: 250n, deviceMs: 500_000n }, 1_250n, 'credits'],
    ['nowhere, where there is nothing', { ucr: 0n, deviceMs: 500_000n }, 1_000n, 'credits'],
    ['its device time, where the class is free of charge', { ucr: 0n, deviceMs: 7n }, 1_007n, 'device_time', 0n],
    ['no further, where nothing is limited', NOTHING, 1_000n, undefined],
    ['its award, where that ends first', { ...NOTHING, ucr: 600n, award: award(100n) }, 1_252n, 'award'],
    ['its credits, where the award has more', { ...NOTHING, ucr: 60n, award: award(100n) }, 1_100n, 'credits'],
    ['its credits, where all ends at once', { ucr: 0n, deviceMs: 0n, award: award(0n) }, 1_000n, 'credits'],
    ['its award, where that pays all', { ...NOTHING, ucr: 0n, award: award(100n, 1_000_000) }, 1_100n, 'award'],
    ['nowhere, once its award has ended', { ...NOTHING, award: { ...award(9n), hasEnded: true } }, 1_000n, 'award_end'],
    ['its credits, where they and its award have ended', { ...NOTHING, ucr: 0n, award: ended() }, 1_000n, 'credits'],
    ['its award, though it is free of charge', { ...NOTHING, ucr: 0n, award: ended() }, 1_000n, 'award_end', 0n],
  ])('is to %s', (_, means, deviceMs, shortOf, rate = RATE) => {
    expect(affordableCover(1_000n, rate, means)).toEqual({ deviceMs, shortOf });
  });

  it('is as far as every payer can pay its part of the split, and not a device-millisecond further', () => {
    const means = fc.record({ own: fc.bigInt(0n, 10n ** 15n), award: fc.bigInt(0n, 10n ** 15n) });
    const share = fc.oneof(fc.constantFrom(0, 1, 400_000, 999_999, 1_000_000), fc.integer({ min: 0, max: 1_000_000 }));
    fc.assert(
      fc.property(positive, positive, means, share, (granted, rate, { own, award: given }, subsidyPpm) => {
        const split = (deviceMs: bigint) => splitUcr(costUcr(deviceMs, rate), subsidyPpm);
        const canPay = (deviceMs: bigint): boolean =>
          split(deviceMs).ownUcr - split(granted).ownUcr <= own &&
          split(deviceMs).awardUcr - split(granted).awardUcr <= given;
        const all = { ucr: own, deviceMs: undefined, award: award(given, subsidyPpm) };
        const { deviceMs, shortOf } = affordableCover(granted, rate, all);
        expect(deviceMs).toBeGreaterThanOrEqual(granted);
        expect([canPay(deviceMs), canPay(deviceMs + 1n)]).toEqual([true, false]);
        const next = split(deviceMs + 1n);
        const lacks = shortOf === 'award' ? next.awardUcr - split(granted).awardUcr > given : next.ownUcr > own;
        expect(lacks).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });

function award(ucr: bigint, subsidyPpm = 400_000) {
  return { ucr, subsidyPpm, hasEnded: false };
}

function ended() {
  return { ...award(100n), hasEnded: true };
}
