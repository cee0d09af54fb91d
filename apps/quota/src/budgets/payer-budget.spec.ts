import { describe, expect, it } from '@jest/globals';
import { INT64_MAX } from '@kontor/ledger/int64';
import fc from 'fast-check';
import { payerBudget, type Flows } from './payer-budget.ts';

const HOUR_MS = 3_600_000n;
const EXA = 10n ** 18n;
const NOW = new Date('2030-01-02T00:00:00Z');

describe("a payer's budget", () => {
  it('says what is set aside, spent and left, how fast it burns and when it is empty', () => {
    const budget = payerBudget(flows({ granted: 1_000n, balance: 700n, held: 100n, burned: 240n }), [], DAY, NOW);
    expect(budget).toEqual({
      grantedUcr: 1_000n,
      setAsideUcr: 100n,
      spentUcr: 300n,
      leftUcr: 600n,
      burnUcrPerHour: 10n,
      timeToEmptyMs: 60n * HOUR_MS,
      warnings: [],
    });
  });

  it('burns over its own age where it is younger than the window', () => {
    const createdAt = new Date(NOW.getTime() - 2 * Number(HOUR_MS));
    expect(payerBudget(flows({ burned: 240n, createdAt }), [], DAY, NOW).burnUcrPerHour).toBe(120n);
    expect(payerBudget(flows({ burned: 1n, createdAt: NOW }), [], DAY, NOW).burnUcrPerHour).toBe(HOUR_MS);
  });

  it('lasts for ever where nothing burns, and where more was given back than spent', () => {
    for (const burned of [0n, -5n]) {
      expect(payerBudget(flows({ burned }), [], DAY, NOW)).not.toHaveProperty('timeToEmptyMs');
    }
  });

  it('says as much as 64 bits can, however rich, deep in overdraft and slow or fast it is', () => {
    const rich = flows({ granted: 4n * EXA, balance: 4n * EXA, burned: 24n });
    expect(payerBudget(rich, [], DAY, NOW)).toMatchObject({ burnUcrPerHour: 1n, timeToEmptyMs: INT64_MAX });
    const deep = flows({ granted: 8n * EXA, balance: 8n * EXA, floor: -4n * EXA });
    expect(payerBudget(deep, [], DAY, NOW)).toMatchObject({ leftUcr: INT64_MAX });
    const fast = flows({ granted: 4n * EXA, balance: EXA, burned: 3n * EXA, createdAt: NOW });
    expect(payerBudget(fast, [], DAY, NOW)).toMatchObject({ burnUcrPerHour: INT64_MAX, timeToEmptyMs: 0n });
  });

  it('warns of each threshold that is set aside or spent, an overdraft counting as what can be spent', () => {
    const half = { granted: 1_000n, balance: 800n, held: 300n };
    const warned = (changed: Partial<Flows>) =>
      payerBudget(flows({ ...half, ...changed }), [500_000, 400_000, 900_000], DAY, NOW).warnings;
    expect(warned({})).toEqual([
      { atPpm: 400_000, usedPpm: 500_000 },
      { atPpm: 500_000, usedPpm: 500_000 },
    ]);
    expect(warned({ floor: -1_000n })).toEqual([]);
    expect(warned({ granted: 0n, balance: 0n, held: 0n })).toEqual([]);
  });

  it('always adds up: granted is set aside, spent and left, up to the overdraft', () => {
    const amount = fc.bigInt(0n, 10n ** 18n);
    fc.assert(
      fc.property(amount, amount, amount, amount, (spent, held, free, floor) => {
        const balance = held + free - floor;
        const budget = payerBudget(flows({ granted: balance + spent, balance, held, floor: -floor }), [], DAY, NOW);
        expect(budget.grantedUcr + floor).toBe(budget.setAsideUcr + budget.spentUcr + budget.leftUcr);
      }),
    );
  });

  const DAY = 24n * HOUR_MS;

  function flows(changed: Partial<Flows>): Flows {
    return {
      balance: 1_000n,
      held: 0n,
      floor: 0n,
      granted: 1_000n,
      burned: 0n,
      createdAt: new Date('2029-01-01T00:00:00Z'),
      ...changed,
    };
  }
});
