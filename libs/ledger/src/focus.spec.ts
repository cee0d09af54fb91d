import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { focusHeader, focusRows, type FocusCharge, type FocusTerms } from './focus.ts';

const TERMS: FocusTerms = { operator: 'demo', currency: 'EUR', millionthsPerCredit: 1_500_000n };

describe('the FOCUS export', () => {
  it('has a row for what a job cost, and one for what its award paid', () => {
    const [usage, credit, ...rest] = rows([charge({ costUcr: 2_000_001n, subsidyPpm: 400_000 })]);
    expect(rest).toEqual([]);
    expect(usage).toMatchObject({
      ChargeCategory: 'Usage',
      BilledCost: '3.0000015',
      ConsumedQuantity: '0.5',
      ConsumedUnit: 'Device-Hours',
      BillingPeriodStart: '2030-12-01T00:00:00Z',
      BillingPeriodEnd: '2031-01-01T00:00:00Z',
      ChargePeriodEnd: '2030-12-31T23:59:59Z',
      SkuId: 'nvidia.h100',
    });
    expect(credit).toMatchObject({ ChargeCategory: 'Credit', BilledCost: '-1.2', ChargeDescription: 'Award w' });
  });

  it('has one row where the project paid alone, and names the columns where there is nothing', () => {
    expect(rows([charge({ subsidyPpm: 0 })])).toHaveLength(1);
    expect(rows([])).toEqual([]);
  });

  it('quotes what would break a row', () => {
    const [row] = rows([charge({})], { ...TERMS, operator: 'Land, "Kontor"' });
    expect(row?.ProviderName).toBe('Land, "Kontor"');
  });

  it('adds up to what the projects paid, to the last µcr', () => {
    const one = fc.record({ costUcr: fc.bigInt(0n, 10n ** 15n), subsidyPpm: fc.integer({ min: 0, max: 1_000_000 }) });
    fc.assert(
      fc.property(fc.array(one), (changed) => {
        const billed = rows(changed.map(charge), { ...TERMS, millionthsPerCredit: 1_000_000n })
          .map(({ BilledCost = '' }) => micro(BilledCost))
          .reduce((sum, ucr) => sum + ucr, 0n);
        const own = changed.map(({ costUcr, subsidyPpm }) => costUcr - (costUcr * BigInt(subsidyPpm)) / 1_000_000n);
        expect(billed).toBe(own.reduce((sum, ucr) => sum + ucr, 0n));
      }),
    );
  });

  const charge = (changed: Partial<FocusCharge>): FocusCharge => ({
    tenantId: 't',
    projectId: 'p',
    reservationId: 'r',
    acceleratorClass: 'nvidia.h100',
    deviceMs: 1_800_000n,
    costUcr: 5n,
    subsidyPpm: 400_000,
    awardId: 'w',
    openedAt: new Date('2030-12-31T22:00:00.500Z'),
    closedAt: new Date('2030-12-31T23:59:59.999Z'),
    ...changed,
  });

  function rows(charges: FocusCharge[], terms = TERMS): Record<string, string>[] {
    const [header = [], ...lines] = (focusHeader() + focusRows(charges, terms)).trimEnd().split('\r\n').map(cells);
    expect(lines.every(({ length }) => length === header.length)).toBe(true);
    return lines.map((line) => Object.fromEntries(header.map((name, n) => [name, line[n] ?? ''])));
  }

  const cells = (line: string): string[] =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
    );

  function micro(decimal: string): bigint {
    const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
    const ucr = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
    return decimal.startsWith('-') ? -ucr : ucr;
  }
});
