import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ListChangesRequestSchema } from '@kontor/contracts/quota/v1/change';
import { ListProgrammesRequestSchema } from '@kontor/contracts/quota/v1/programme';
import fc from 'fast-check';
import { z } from 'zod';
import { NEWEST_FIRST, pageOf, text } from './page.ts';

const NOT_OURS = 'is not one that this list gave out';
const BY_NAME = z.tuple([text]);
const LAST = { at: new Date('2030-01-02T03:04:05.006Z'), id: '0193a5b0-0000-7000-8000-000000000001' };

describe('a page', () => {
  it('has fifty items unless its reader says otherwise, and begins at the beginning', () => {
    expect(pageOf(create(ListChangesRequestSchema), NEWEST_FIRST)).toMatchObject({ size: 50, after: undefined });
    expect(pageOf(asking(7), NEWEST_FIRST)).toMatchObject({ size: 7, after: undefined });
  });

  it('begins after the last item of the page before', () => {
    expect(pageOf(asking(1, next(asking(1))), NEWEST_FIRST).after).toEqual([LAST.at, LAST.id]);
    expect(pageOf(asking(9, next(asking(1))), NEWEST_FIRST).after).toEqual([LAST.at, LAST.id]);
  });

  it('that is the last one names no next', () => {
    for (const items of [[], ['a'], ['a', 'b']]) {
      const { cut } = pageOf(asking(2), BY_NAME);
      expect(cut(items, (item) => [item])).toEqual({ items, page: { nextPageToken: '' } });
    }
  });

  it('after page has every item of any list once, in order, for every size', () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 63 }), { maxLength: 20 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (list, size) => {
        const sorted = list.toSorted();
        expect(readPages(sorted, (name) => name, size).flat()).toEqual(sorted);
      }),
    );
  });

  it('ends before it is too large to be sent, and the next one goes on there', () => {
    const large = (name: string, mib: number) => ({ name, text: 'é'.repeat((mib * 1024 * 1024) / 2), ucr: 1n });
    const list = [large('a', 1), large('b', 2), large('c', 2), large('d', 5), large('e', 1)];
    const pages = readPages(list, ({ name }) => name, 500);
    expect(pages.map((page) => page.map(({ name }) => name).join(''))).toEqual(['ab', 'c', 'd', 'e']);
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
    expect(() => pageOf(asking(1, token), NEWEST_FIRST)).toThrow(NOT_OURS);
  });

  it('is refused where another list gave the token out, or the same list asked for otherwise', () => {
    const page = { pageSize: 1, pageToken: next(asking(1)) };
    const others = [
      create(ListChangesRequestSchema, { state: 1, page }),
      create(ListProgrammesRequestSchema, { page }),
    ];
    for (const other of others) expect(() => pageOf(other, NEWEST_FIRST)).toThrow(NOT_OURS);
  });

  it('is not asked for with text that PostgreSQL cannot hold', () => {
    const { cut } = pageOf(asking(1), z.tuple([z.string()]));
    const { nextPageToken } = cut(['a\0', 'b'], (name) => [name]).page;
    expect(() => pageOf(asking(1, nextPageToken), BY_NAME)).toThrow(NOT_OURS);
  });
});

function asking(pageSize: number, pageToken = '') {
  return create(ListChangesRequestSchema, { page: { pageSize, pageToken } });
}

/** The token of the page after the one that a request asks for. */
function next(request: ReturnType<typeof asking>): string {
  return pageOf(request, NEWEST_FIRST).cut([LAST, LAST], ({ at, id }) => [at, id]).page.nextPageToken;
}

/** A token as this list gives them out, at whatever position. */
function tokenOf(position: unknown[]): string {
  const [list] = JSON.parse(Buffer.from(next(asking(1)), 'base64url').toString()) as unknown[];
  return Buffer.from(JSON.stringify([list, ...position])).toString('base64url');
}

/** Every page of a sorted list, one after the other. */
function readPages<T>(sorted: T[], nameOf: (item: T) => string, size: number): T[][] {
  const pages: T[][] = [];
  for (let token: string | undefined; token !== '';) {
    const { after, cut } = pageOf(asking(size, token), BY_NAME);
    const rest = sorted.filter((item) => after === undefined || nameOf(item) > after[0]);
    const { items, page } = cut(rest.slice(0, size + 1), (item) => [nameOf(item)]);
    pages.push(items);
    token = page.nextPageToken;
  }
  return pages;
}
