import { describe, expect, it } from '@jest/globals';
import { seeded } from './seeded.ts';

describe('seeded numbers', () => {
  it('are the same for the same seed and differ for another', () => {
    const draw = (seed: number) => Array.from({ length: 20 }, seeded(seed).next);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('stay in their bounds and reach both ends', () => {
    const { between } = seeded(1);
    const drawn = new Set(Array.from({ length: 500 }, () => between(3, 6)));
    expect([...drawn].toSorted()).toEqual([3, 4, 5, 6]);
  });

  it('put all of a list in another order', () => {
    const { shuffled } = seeded(1);
    const orders = Array.from({ length: 100 }, () => shuffled(['a', 'b', 'c']).join(''));
    expect([...new Set(orders)].toSorted()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });

  it('refuse to pick from nothing', () => {
    expect(() => seeded(1).pick([])).toThrow('nothing to pick');
  });
});
