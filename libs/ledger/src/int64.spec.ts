import { describe, expect, it } from '@jest/globals';
import { fitsInt64, INT64_MAX, INT64_MIN } from './int64.ts';

describe('what fits 64 bits', () => {
  it.each([0n, 2n ** 53n + 1n, INT64_MAX, INT64_MIN])('%s does', (value) => {
    expect(fitsInt64(value)).toBe(true);
    expect(BigInt.asIntN(64, value)).toBe(value);
  });

  it.each([INT64_MAX + 1n, INT64_MIN - 1n])('%s does not', (value) => {
    expect(fitsInt64(value)).toBe(false);
    expect(BigInt.asIntN(64, value)).not.toBe(value);
  });
});
