import { Problem } from '@kontor/kit/problem';
import { z } from 'zod';

/** Where a page ended: the next one begins after it. */
export interface PageEnd {
  createdAt: Date;
  id: string;
}

const token = z.tuple([z.coerce.date(), z.uuid()]);

export const pageTokenOf = ({ createdAt, id }: PageEnd): string =>
  Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url');

/** @throws Problem page_token_invalid where we did not make it */
export function readPageToken(text: string): PageEnd {
  try {
    const [createdAt, id] = token.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { createdAt, id };
  } catch {
    throw Problem.invalid(
      'page_token_invalid',
      'The page token is not one of ours.',
      'Start again without a page token.',
    );
  }
}
