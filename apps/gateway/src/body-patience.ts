import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { EdgeProblem } from './edge-problem.ts';

/** Of headers. Node looks every thirty seconds. */
const HEADERS_MS_MAX = 20_000;

export interface Patience {
  /** How long a body may stand still, if it came fast enough until then. */
  stillMs: number;
  /** Slower, and that time runs out. */
  bytesPerSecondMin: number;
}

/** A GiB may take eighteen hours, but somebody who sends a byte now and then is gone within half a minute. */
const PATIENCE: Patience = { stillMs: 30_000, bytesPerSecondMin: 16 * 1024 };

/** Bounds how long headers take; of a body, how slowly it comes is bounded where it is read, not how long it takes. */
export function boundSlowness(server: Server): void {
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = 0;
}

/**
 * A body in pieces. The time in which nobody asks for the next piece does not count against its sender. A body that is
 * not read to its end leaves the request open, so that a refusal can still be answered.
 *
 * @throws EdgeProblem `request_too_slow`
 */
export async function* arriving(body: Readable, { stillMs, bytesPerSecondMin } = PATIENCE): AsyncGenerator<Buffer> {
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let leftMs = stillMs;
  try {
    for (;;) {
      const since = performance.now();
      const piece = await within(leftMs, pieces.next());
      if (piece.done) return;
      const earnedMs = (piece.value.length / bytesPerSecondMin) * 1_000 - (performance.now() - since);
      leftMs = Math.min(stillMs, leftMs + earnedMs);
      yield piece.value;
    }
  } finally {
    // Not awaited, because it waits for the piece that does not come.
    pieces.return?.().catch(() => undefined);
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), ms).unref();
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const tooSlow = () =>
  new EdgeProblem(408, 'request_too_slow', 'The request did not arrive in time.', 'Send it again.');

/** Cuts whoever has their reply and still does not send the rest of a body that nobody reads. */
export const cutUnread =
  ({ stillMs } = PATIENCE) =>
  (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    response.once('finish', () => {
      if (!request.complete) setTimeout(() => request.complete || request.socket.destroy(), stillMs).unref();
    });
    next();
  };
