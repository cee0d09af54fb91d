import { describe, expect, it } from '@jest/globals';
import { canonicalJson, digestOf } from './canonical-json.ts';

describe('canonical JSON', () => {
  it.each([
    ['sorts keys at every depth', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['writes int64 as strings, exactly', { a: 2n ** 63n - 1n }, '{"a":"9223372036854775807"}'],
    ['writes instants as RFC 3339', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['leaves out what is absent', { a: undefined, b: null }, '{"b":null}'],
    ['keeps the order of lists', [3, 1, undefined], '[3,1,null]'],
    ['escapes as JSON does', { 'a"': '\n' }, '{"a\\"":"\\n"}'],
  ])('%s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
    expect(JSON.parse(text)).toBeDefined();
  });

  it('gives the same digest to the same content', () => {
    expect(digestOf({ a: 1, b: [2n] })).toBe(digestOf({ b: [2n], a: 1 }));
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
  });
});
