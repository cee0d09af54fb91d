import { createHash } from 'node:crypto';
import type { PageRequest } from '@kontor/contracts/resource/v1/resource';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { Problem } from './problem.ts';

/** What a list is ordered by, the last of which no two items share: a page begins after an item's. */
type Order<P extends readonly unknown[]> = z.ZodType<P>;

/** A message that asks for one page of the list that the rest of it describes. */
interface Asks {
  $typeName: string;
  page?: PageRequest | undefined;
}

/** An instant of an order. */
export const instant = z.iso
  .datetime({ precision: 3 })
  .transform((text) => new Date(text))
  .refine((at) => at.getTime() >= 0);

/** Text of an order, as PostgreSQL can hold it: a zero byte it cannot. */
export const text = z.string().refine((characters) => !characters.includes('\0'));

const BY_TIME: Order<[at: Date, id: string]> = z.tuple([instant, z.uuid()]);

/** Lists that show what came last first. */
export const NEWEST_FIRST = BY_TIME;

/** Lists that show what came first first. */
export const OLDEST_FIRST = BY_TIME;

const SIZE_DEFAULT = 50;
/** Half of what a client takes in one answer, because items are measured before they become messages. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What a request for a page asks for: how many items, and after which. `cut` then makes a page of what was read (one
 * item more than was asked for, if there is one), and says where the next begins. A page of large items ends early.
 *
 * @throws Problem `page_token_invalid` where the list that the request describes did not give the token out
 */
export function pageOf<P extends readonly unknown[]>(request: Asks, order: Order<P>) {
  const { pageSize, pageToken } = request.page ?? { pageSize: 0, pageToken: '' };
  const size = pageSize || SIZE_DEFAULT;
  const cut = <T>(items: T[], positionOf: (item: T) => P) => {
    const shown = items.slice(0, fitting(items, size));
    const [last] = items.length > shown.length ? shown.slice(-1) : [];
    return { items: shown, page: { nextPageToken: last === undefined ? '' : tokenOf(request, positionOf(last)) } };
  };
  return { size, after: pageToken ? positionIn(pageToken, request, order) : undefined, cut };
}

/**
 * Narrows a query to a page: in the order of its columns, all in one direction, the items after a position, and one
 * more than fits.
 *
 * @param columns as the query knows them, such as `c.closed_at`; as many as a position has parts
 */
export function narrow<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  columns: readonly string[],
  direction: 'ASC' | 'DESC',
  { size, after }: { size: number; after: readonly unknown[] | undefined },
): SelectQueryBuilder<T> {
  if (after) {
    const names = columns.map((_, n) => `after_${n}`);
    const compare = direction === 'ASC' ? '>' : '<';
    const values = Object.fromEntries(names.map((name, n) => [name, after[n]]));
    query.andWhere(`(${columns.join(', ')}) ${compare} (:${names.join(', :')})`, values);
  }
  return query.orderBy(Object.fromEntries(columns.map((column) => [column, direction]))).limit(size + 1);
}

const tokenOf = (request: Asks, position: readonly unknown[]): string =>
  Buffer.from(JSON.stringify([listOf(request), ...position])).toString('base64url');

function positionIn<P extends readonly unknown[]>(token: string, request: Asks, order: Order<P>): P {
  try {
    const [list, ...position] = z.array(z.unknown()).parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    if (list === listOf(request)) return order.parse(position);
  } catch {
    // Whatever it is, it is none of ours.
  }
  throw Problem.invalid(
    'page_token_invalid',
    'The page token is not one that this list gave out.',
    'Start again without a page token, or ask in the same words as for the page before.',
  );
}

/** Stands for a list: what is asked, and of what, but for the page. It keeps nobody from anything, so it is short. */
function listOf(request: Asks): string {
  const asked = JSON.stringify(request, (name, value: unknown) => {
    return name === 'page' || name === '$unknown' ? undefined : withIntegers(name, value);
  });
  return createHash('sha256').update(asked).digest('base64url').slice(0, 8);
}

const withIntegers = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** How many of the items, at most so many, fit into one answer: one always does. */
function fitting(items: unknown[], size: number): number {
  let bytes = 0;
  const tooMany = items.findIndex((item, i) => (bytes += bytesOf(item)) > PAGE_BYTES_MAX && i > 0);
  return tooMany === -1 ? size : Math.min(tooMany, size);
}

/** As JSON, which names every field, and so is no shorter than the message. */
const bytesOf = (item: unknown): number => Buffer.byteLength(JSON.stringify(item, withIntegers));
