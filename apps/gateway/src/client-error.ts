import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { tooSlow } from './body-patience.ts';
import { EdgeProblem } from './edge-problem.ts';

/** Node refuses these before there is a request; its own refusals have no body. */
const REFUSALS: Record<string, EdgeProblem> = {
  HPE_HEADER_OVERFLOW: new EdgeProblem(
    431,
    'headers_too_large',
    'The headers are too large.',
    'Send fewer or shorter headers.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow(),
};
/** Until then the answer can be read; one who still sends when the connection is cut might lose it unread. */
const LINGER_MS = 1_000;
const MALFORMED = new EdgeProblem(400, 'malformed_http', 'The request is not HTTP/1.1.', 'Use an HTTP client.');

/** Answers what cannot be read as a request with a problem as well, then closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = (REFUSALS[error.code ?? ''] ?? MALFORMED).toHttp();
  const document = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(document)}`,
      'Connection: close',
      '',
      document,
    ].join('\r\n'),
  );
  // Its sender may keep their half open for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
