import type { IncomingMessage } from 'node:http';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { arriving } from './body-patience.ts';

/** Well below what a service accepts in one message. */
const PIECE_BYTES_MAX = 256 * 1024;

/**
 * A request's body as messages of an upload: the first names the file, all carry data. Nothing is read from the caller
 * before the service has taken what came before. A body that stops early leaves the request open, so that the refusal
 * can still be answered.
 */
export async function* uploadOf(request: IncomingMessage, file: { project: ProjectRef; sha256: string }) {
  yield { ...file, data: new Uint8Array() };
  for await (const chunk of arriving(request)) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES_MAX) {
      yield { data: chunk.subarray(from, from + PIECE_BYTES_MAX) };
    }
  }
}
