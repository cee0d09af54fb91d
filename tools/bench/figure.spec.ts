import { describe, expect, it } from '@jest/globals';
import { atLeast, atMost, median, table } from './figure.ts';

describe('a figure', () => {
  it('compares medians, so that one bad run decides nothing', () => {
    expect(median([1, 100, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(atLeast('x', '/s', [80, 90, 1], [10, 10, 1000], 8)).toMatchObject({
      ours: 80,
      peer: 10,
      ratio: 8,
      pass: true,
    });
  });

  it('fails when the goal is missed by any margin', () => {
    expect(atLeast('x', '/s', [79.9], [10], 8).pass).toBe(false);
    expect(atMost('start', 's', [15.1], 15).pass).toBe(false);
    expect(atMost('start', 's', [15], 15).pass).toBe(true);
  });

  it('without a value never passes', () => {
    expect(atLeast('x', '/s', [], [1], 0).pass).toBe(false);
    expect(atMost('x', '/s', [], 1).pass).toBe(false);
  });

  it('reads well in a table', () => {
    expect(table([atLeast('hot account', '/s', [12345.6], [1500], 8)])).toBe(
      'name         ours    peer   unit  ratio  goal  pass\nhot account  12,346  1,500  /s    8.23   ≥ 8   PASS',
    );
  });
});
