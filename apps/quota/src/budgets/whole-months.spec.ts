import { describe, expect, it } from '@jest/globals';
import { wholeMonths } from './whole-months.ts';

describe('the whole months of an interval', () => {
  it.each([
    ['2030-01-01', '2030-04-01', '2030-01-01', '2030-04-01'],
    ['2029-12-31T23:59:59.999Z', '2030-02-28', '2030-01-01', '2030-02-01'],
    ['2030-01-01T00:00:00.001Z', '2030-03-31T23:59:59.999Z', '2030-02-01', '2030-03-01'],
    ['2030-12-02', '2031-02-01', '2031-01-01', '2031-02-01'],
    ['1970-01-01', '9999-12-31T23:59:59.999Z', '1970-01-01', '9999-12-01'],
  ])('from %s to %s are those from %s to %s', (from, to, first, end) => {
    expect(wholeMonths(new Date(from), new Date(to))).toEqual([new Date(first), new Date(end)]);
  });

  it.each([
    ['2030-01-01', '2030-01-01'],
    ['2030-01-01', '2030-01-31'],
    ['2030-01-02', '2030-02-01'],
    ['2030-01-15', '2030-02-15'],
    ['2030-01-31', '2030-02-28'],
  ])('from %s to %s are none', (from, to) => {
    expect(wholeMonths(new Date(from), new Date(to))).toEqual([new Date(from), new Date(from)]);
  });
});
