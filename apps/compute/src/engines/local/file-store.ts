import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { open, opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageFileRequest } from '@kontor/contracts/engine/v1/engine';
import { Problem } from '@kontor/kit/problem';
import { flushFolder } from './job-folder.ts';
import { wallClockMs } from './wall-clock.ts';

/** Far longer than from asking what is missing to the start of the job that needs it. */
const UNUSED_MS = 86_400_000;

/** Input files by what is in them, read-only and never changed. */
export class FileStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    rmSync(this.incoming(), { recursive: true, force: true });
    mkdirSync(this.incoming());
  }

  path = (sha256: string): string => join(this.folder, sha256);

  /** Those that are not there; the others are wanted from now on. */
  missing = (digests: string[]): string[] => digests.filter((sha256) => !this.touch(sha256));

  /** Deletes what nobody has wanted for a day. Jobs that have it keep it: they have links or copies of their own. */
  async deleteUnused(): Promise<void> {
    const before = wallClockMs() - UNUSED_MS;
    for await (const entry of await opendir(this.folder)) {
      const path = join(this.folder, entry.name);
      if (entry.isFile() && statSync(path).mtimeMs < before) await rm(path, { force: true });
    }
  }

  sizeBytes = (sha256: string): number => statSync(this.path(sha256)).size;

  /**
   * Takes a file in while it is hashed. It gets its name only when it is whole, right and on disk.
   *
   * @returns its size in bytes
   * @throws Problem `wrong_digest`, `unnamed_file`; nothing is left behind then
   */
  async stage(requests: AsyncIterable<StageFileRequest>): Promise<number> {
    const temporary = join(this.incoming(), randomUUID());
    const file = await open(temporary, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      let name = '';
      for await (const { sha256, data } of requests) {
        name ||= sha256 || unnamed();
        hash.update(data);
        await file.writeFile(data);
        sizeBytes += data.length;
      }
      const found = hash.digest('hex');
      if (found !== (name || unnamed())) {
        throw Problem.invalid(
          'wrong_digest',
          `The file was to have the SHA-256 ${name} and has ${found}.`,
          'Send the whole file, unchanged, under its own digest.',
        );
      }
      await file.chmod(0o555);
      await file.datasync();
      await rename(temporary, this.path(name));
      flushFolder(this.folder);
      return sizeBytes;
    } finally {
      await file.close();
      await rm(temporary, { force: true });
    }
  }

  private touch(sha256: string): boolean {
    try {
      const now = wallClockMs() / 1_000;
      utimesSync(this.path(sha256), now, now);
      return true;
    } catch {
      return false;
    }
  }

  private incoming = (): string => join(this.folder, 'incoming');
}

function unnamed(): never {
  throw Problem.invalid('unnamed_file', 'The first message names no file.', 'Set sha256 in the first message.');
}
