import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK_BYTES = 64 * 1024;
const FOLLOW_MS = 100;

export interface Piece {
  /** Of the first byte of data. */
  offset: number;
  data: Uint8Array<ArrayBuffer>;
}

/** A file from an offset to its present end; nothing where the file or the offset is not there. */
export async function* readFrom(path: string, offset: number): AsyncGenerator<Piece> {
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  try {
    for (let at = offset; ;) {
      const data = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(data, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      yield { offset: at, data: data.subarray(0, bytesRead) };
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** A growing file from an offset on, until whoever writes it has ended or nobody listens any more. */
export async function* follow(
  path: string,
  offset: number,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  for (let at = offset; !signal.aborted;) {
    // Asked before the file is read, so that what was written last is still seen.
    const ended = await hasEnded();
    for await (const piece of readFrom(path, at)) {
      yield piece;
      at = piece.offset + piece.data.length;
    }
    if (ended) return;
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}
