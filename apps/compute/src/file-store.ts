import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { uuid7 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';

const CHUNK_BYTES = 256 * 1024;

/** Files by digest in one folder. A file is there whole or not at all. */
export class FileStore {
  readonly #arriving: string;

  constructor(
    private readonly directory: string,
    private readonly fileBytesMax: number,
  ) {
    this.#arriving = join(directory, 'arriving');
  }

  /** Makes the folder, and clears away what an interrupted run left half written. */
  async prepare(): Promise<void> {
    await mkdir(this.#arriving, { recursive: true });
    for (const name of await readdir(this.#arriving)) await rm(join(this.#arriving, name), { force: true });
  }

  /**
   * Keeps a file, hashing it while it arrives, and answers its size.
   *
   * @throws Problem digest_mismatch, file_too_large or disk_full; nothing is kept then
   */
  async keep(sha256: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const arriving = join(this.#arriving, uuid7());
    try {
      const { digest, sizeBytes } = await this.#write(arriving, chunks);
      if (digest !== sha256) {
        throw Problem.invalid(
          'digest_mismatch',
          `The file has the digest ${digest}, not ${sha256}.`,
          'Send the whole file once more.',
        );
      }
      const folder = dirname(this.#pathOf(sha256));
      const isNew = await mkdir(folder, { recursive: true });
      await rename(arriving, this.#pathOf(sha256));
      for (const changed of isNew ? [folder, this.directory] : [folder]) await flush(changed);
      return sizeBytes;
    } catch (error) {
      await rm(arriving, { force: true });
      throw isNoSpace(error) ? diskFull() : error;
    }
  }

  /**
   * The bytes of a file in chunks that fit a message.
   *
   * @throws Problem file_not_found
   */
  async *read(sha256: string): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of createReadStream(this.#pathOf(sha256), { highWaterMark: CHUNK_BYTES }))
        yield chunk as Buffer;
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? Problem.notFound('file', sha256) : error;
    }
  }

  async #write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<{ digest: string; sizeBytes: number }> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    await using file = await open(path, 'wx', 0o600);
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > this.fileBytesMax) throw this.#tooLarge();
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
    return { digest: hash.digest('hex'), sizeBytes };
  }

  #tooLarge(): Problem {
    return Problem.invalid(
      'file_too_large',
      `The file is larger than ${this.fileBytesMax} bytes.`,
      'Split it into several files.',
    );
  }

  #pathOf(sha256: string): string {
    return join(this.directory, sha256.slice(0, 2), sha256);
  }
}

/** Makes names in a folder outlive a crash of the machine. */
async function flush(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

const isNoSpace = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

const diskFull = (): Problem =>
  Problem.unavailable(
    'disk_full',
    'There is no room left for uploaded files.',
    'Tell the operator, and try again later.',
  );
