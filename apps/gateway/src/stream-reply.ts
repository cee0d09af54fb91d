import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';

/** How long a reply without a first byte waits for a problem that it could still become. */
const FIRST_BYTE_MS_MAX = 500;

interface Piece {
  data: Uint8Array;
}

/** Aborts when the caller is gone; at once for whoever was gone before anybody asked. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once('close', () => gone.abort());
  return gone.signal;
}

/**
 * Writes pieces of data as the body, no faster than the caller reads; no body for whoever says that it has these bytes
 * already. What fails before the first piece is thrown, and so becomes a problem; a later failure cuts the connection,
 * because the status has been sent. However it ends, whoever produces the pieces is told to stop.
 */
export async function streamReply(
  response: Response,
  headers: Record<string, string>,
  replies: AsyncIterable<Piece>,
): Promise<void> {
  const source = replies[Symbol.asyncIterator]();
  try {
    if (headers['ETag'] && response.set('ETag', headers['ETag']).req.fresh) return void response.status(304).end();
    await writeBody(response, headers, source);
  } finally {
    await source.return?.();
  }
}

async function writeBody(response: Response, headers: Record<string, string>, source: AsyncIterator<Piece>) {
  const first = source.next();
  await Promise.race([first, sleep(FIRST_BYTE_MS_MAX, undefined, { ref: false })]);
  response.writeHead(200, headers).flushHeaders();
  // Nobody reads the body of a HEAD.
  const pieces = response.req.method === 'HEAD' ? Readable.from([]) : Readable.from(dataOf(first, source));
  first.catch(() => undefined);
  // The pipeline alone listens half a dozen times, beside the log, the metrics and the signal that the caller is gone.
  response.setMaxListeners(20);
  await pipeline(pieces, response).catch((error: unknown) => {
    if (!response.destroyed) throw error;
  });
}

async function* dataOf(first: Promise<IteratorResult<Piece>>, source: AsyncIterator<Piece>) {
  for (let piece = await first; !piece.done; piece = await source.next()) yield piece.value.data;
}
