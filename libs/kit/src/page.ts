import type { PageRequest } from '@kontor/contracts/resource/v1/resource';
import { z } from 'zod';
import { Problem } from './problem.ts';

/** What a list is ordered by, the last of which no two items share: a page begins after an item's. */
type Order<P extends readonly unknown[]> = z.ZodType<P>;

const instant = z.iso
  .datetime({ precision: 3 })
  .transform((text) => new Date(text))
  .refine((at) => at.getTime() >= 0);

/** Lists that show what came last first. */
export const NEWEST_FIRST: Order<[createdAt: Date, id: string]> = z.tuple([instant, z.uuid()]);

const SIZE_DEFAULT = 50;

/**
 * What a page request asks for: how many items, and after which.
 *
 * @throws Problem `page_token_invalid` where no list of this order gave the token out
 */
export function pageOf<P extends readonly unknown[]>(
  request: PageRequest | undefined,
  order: Order<P>,
): { size: number; after: P | undefined } {
  const { pageSize, pageToken } = request ?? { pageSize: 0, pageToken: '' };
  return { size: pageSize || SIZE_DEFAULT, after: pageToken ? positionIn(pageToken, order) : undefined };
}

/** Cuts what was read (one item more than fits, if there is one) to a page, and says where the next begins. */
export function cut<T, P extends readonly unknown[]>(items: T[], size: number, positionOf: (item: T) => P) {
  const shown = items.slice(0, size);
  const [last] = items.length > size ? shown.slice(-1) : [];
  return { items: shown, page: { nextPageToken: last === undefined ? '' : tokenOf(positionOf(last)) } };
}

const tokenOf = (position: readonly unknown[]): string => Buffer.from(JSON.stringify(position)).toString('base64url');

function positionIn<P extends readonly unknown[]>(token: string, order: Order<P>): P {
  try {
    return order.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw Problem.invalid(
      'page_token_invalid',
      'The page token is not one that this list gave out.',
      'Start again without a page token.',
    );
  }
}
