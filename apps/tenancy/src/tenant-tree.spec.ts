import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEPTH_MAX, pathUnder } from './tenant-tree.ts';

const ids = fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 12 });

describe('the path of a tenant', () => {
  it('leads from the top through its parent to itself, and nowhere twice', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: DEPTH_MAX }), ([id = '', ...above], height) => {
        fc.pre(above.length + height <= DEPTH_MAX);
        const path = pathUnder(above, id, height);
        expect(path).toEqual([...above, id]);
        expect(new Set(path).size).toBe(path.length);
      }),
    );
  });

  it('never leads through itself', () => {
    fc.assert(
      fc.property(ids, fc.nat(), (above, n) => {
        const id = above[n % above.length] ?? '';
        expect(() => pathUnder(above, id, 1)).toThrow('cannot be under itself');
      }),
    );
  });

  it('is never longer than the tree may be deep', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: DEPTH_MAX }), ([id = '', ...above], height) => {
        fc.pre(above.length + height > DEPTH_MAX);
        expect(() => pathUnder(above, id, height)).toThrow(`this would be ${above.length + height}`);
      }),
    );
  });
});
