import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costUcr } from './cost.ts';
import { splitUcr } from './subsidy.ts';

describe('the split of a cost between an award and a project', () => {
  it.each([
    { ucr: 1_000n, ppm: 400_000, award: 400n, because: 'forty of a hundred are forty of a hundred' },
    { ucr: 1n, ppm: 999_999, award: 0n, because: 'a share is rounded down, and the project pays the rest' },
    { ucr: 7n, ppm: 1_000_000, award: 7n, because: 'of the whole the project pays nothing' },
    { ucr: 7n, ppm: 0, award: 0n, because: 'without a subsidy the award pays nothing' },
    { ucr: 2n ** 63n - 1n, ppm: 500_000, award: 2n ** 62n - 1n, because: 'it is exact up to 64 bits' },
  ])('$because', ({ ucr, ppm, award }) => {
    expect(splitUcr(ucr, ppm)).toEqual({ awardUcr: award, ownUcr: ucr - award });
  });

  it('adds up to the cost, and neither part is ever below zero', () => {
    fc.assert(
      fc.property(cost, share, (ucr, ppm) => {
        const { awardUcr, ownUcr } = splitUcr(ucr, ppm);
        expect(awardUcr + ownUcr).toBe(ucr);
        expect(awardUcr >= 0n && ownUcr >= 0n).toBe(true);
      }),
    );
  });

  it('never takes from one payer what the other pays: neither part shrinks while the cost grows', () => {
    fc.assert(
      fc.property(cost, fc.bigInt(0n, 10n ** 9n), share, (ucr, more, ppm) => {
        const [before, after] = [splitUcr(ucr, ppm), splitUcr(ucr + more, ppm)];
        expect(after.awardUcr >= before.awardUcr && after.ownUcr >= before.ownUcr).toBe(true);
      }),
    );
  });

  it('never drifts: however and in whatever order use is reported, each has paid its part of the total', () => {
    const intervals = fc.array(fc.bigInt(0n, 10n ** 7n), { maxLength: 30 });
    fc.assert(
      fc.property(intervals, fc.bigInt(0n, 10n ** 12n), share, (parts, rate, ppm) => {
        const paid = (reports: bigint[]) => {
          let [total, award, own] = [0n, 0n, 0n];
          for (const part of reports) {
            const [before, after] = [splitUcr(costUcr(total, rate), ppm), splitUcr(costUcr(total + part, rate), ppm)];
            award += after.awardUcr - before.awardUcr;
            own += after.ownUcr - before.ownUcr;
            total += part;
          }
          return { awardUcr: award, ownUcr: own };
        };
        const total = parts.reduce((sum, part) => sum + part, 0n);
        expect(paid(parts)).toEqual(splitUcr(costUcr(total, rate), ppm));
        expect(paid(parts.toReversed())).toEqual(paid(parts));
      }),
    );
  });

  const cost = fc.bigInt(0n, 2n ** 63n - 1n);
  const share = fc.integer({ min: 0, max: 1_000_000 });
});
