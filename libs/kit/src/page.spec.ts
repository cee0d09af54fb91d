import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { PageRequestSchema } from '@kontor/contracts/resource/v1/resource';
import fc from 'fast-check';
import { z } from 'zod';
import { cut, NEWEST_FIRST, pageOf } from './page.ts';

const BY_NAME = z.tuple([z.string().max(63)]);

describe('a page', () => {
  it('has fifty items unless its reader says otherwise, and begins at the beginning', () => {
    expect(pageOf(undefined, NEWEST_FIRST)).toEqual({ size: 50, after: undefined });
    expect(pageOf(asking(7), NEWEST_FIRST)).toEqual({ size: 7, after: undefined });
  });

  it('begins after the last item of the page before', () => {
    const last = { at: new Date('2030-01-02T03:04:05.006Z'), id: '0193a5b0-0000-7000-8000-000000000001' };
    const { page } = cut([last, last], 1, ({ at, id }) => [at, id] as const);
    expect(pageOf(asking(1, page.nextPageToken), NEWEST_FIRST).after).toEqual([last.at, last.id]);
  });

  it('that is the last one names no next', () => {
    for (const items of [[], ['a'], ['a', 'b']]) {
      expect(cut(items, 2, (item) => [item])).toEqual({ items, page: { nextPageToken: '' } });
    }
  });

  it('after page has every item of any list once, in order, for every size', () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 63 }), { maxLength: 20 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (list, size) => {
        const sorted = list.toSorted();
        expect(readAll(sorted, size)).toEqual(sorted);
      }),
    );
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['a token of another list', tokenOf(['a'])],
    ['a day that there is not', tokenOf(['2030-02-31T00:00:00.000Z', '0193a5b0-0000-7000-8000-000000000001'])],
    [
      'a year that PostgreSQL cannot hold',
      tokenOf(['0000-01-01T00:00:00.000Z', '0193a5b0-0000-7000-8000-000000000001']),
    ],
    ['null for a date', tokenOf([null, '0193a5b0-0000-7000-8000-000000000001'])],
    ['an id that is none', tokenOf(['2030-01-01T00:00:00.000Z', "' OR true"])],
    ['too much', tokenOf(['2030-01-01T00:00:00.000Z', '0193a5b0-0000-7000-8000-000000000001', 'x'])],
  ])('is refused where it is to begin after %s', (_, token) => {
    expect(() => pageOf(asking(1, token), NEWEST_FIRST)).toThrow('is not one that this list gave out');
  });
});

const asking = (pageSize: number, pageToken = '') => create(PageRequestSchema, { pageSize, pageToken });

function tokenOf(position: unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Every page of a list, one after the other. */
function readAll(sorted: string[], size: number): string[] {
  const read: string[] = [];
  for (let token: string | undefined; token !== '';) {
    const { after } = pageOf(asking(size, token), BY_NAME);
    const rest = sorted.filter((name) => after === undefined || name > after[0]);
    const { items, page } = cut(rest.slice(0, size + 1), size, (name) => [name]);
    read.push(...items);
    token = page.nextPageToken;
  }
  return read;
}
