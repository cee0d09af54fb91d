import type { PageRequest } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';

/** Where a list, newest first, goes on: after the item with this instant and id. */
export interface Position {
  at: Date;
  id: string;
}

const SIZE_DEFAULT = 50;

/** What a page request asks for: how many items, and after which. */
export function pageOf(request: PageRequest | undefined): { size: number; after: Position | undefined } {
  const { pageSize, pageToken } = request ?? { pageSize: 0, pageToken: '' };
  return { size: pageSize || SIZE_DEFAULT, after: pageToken ? position(pageToken) : undefined };
}

/** Cuts what was read (one item more than fits, if there is one) to a page, and says where the next begins. */
export function cut<T>(items: T[], size: number, positionOf: (item: T) => Position) {
  const page = items.slice(0, size);
  const last = page.at(-1);
  return { items: page, nextPageToken: items.length > size && last ? token(positionOf(last)) : '' };
}

const token = ({ at, id }: Position): string => Buffer.from(`${at.toISOString()} ${id}`).toString('base64url');

const TOKEN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function position(pageToken: string): Position {
  const [, at, id] = TOKEN.exec(Buffer.from(pageToken, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at))) {
    throw Problem.invalid('invalid_page_token', 'The page token is not one that a list gave out.',
      'Start again without one.');
  }
  return { at: new Date(at), id };
}
