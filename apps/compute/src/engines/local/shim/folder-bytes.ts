import { chmodSync, lstatSync, opendirSync, type Dir } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

/** What an entry costs beside its content, so that a million empty files are not free. */
const ENTRY_BYTES = 256;
/** Entries between two moments in which the shim may do something else. */
const ENTRIES_AT_ONCE = 500;
/** Each folder on the way down is open while what is in it is looked at. */
const DEPTH_MAX = 500;

/** Names are bytes, one a character, since a program may use any: as UTF-8 some could not be found again. */
interface Folder {
  path: string;
  entries: Dir;
}

/**
 * Bytes below a folder: per file the greater of its length and its blocks, so that neither holes nor tails are free.
 * Symbolic links are counted, not followed. What cannot be looked at, for its depth or its locks, is too much:
 * infinite. Goes name by name, because a folder may hold more of them than fit into this process.
 *
 * @param signal ends the walk early, with what was found so far
 */
export async function folderBytes(root: string, signal?: AbortSignal): Promise<number> {
  let sum = 0;
  let seen = 0;
  const way: Folder[] = [];
  const enter = (path: string): void => {
    if (way.length >= DEPTH_MAX) throw new TooMuch();
    const entries = unlocked(path, () => opendirSync(bytesOf(path), { encoding: 'latin1' }));
    if (entries) way.push({ path, entries });
  };
  try {
    enter(Buffer.from(root).toString('latin1'));
    for (let folder = way.at(-1); folder !== undefined; folder = way.at(-1)) {
      const name = folder.entries.readSync()?.name;
      if (name === undefined) {
        way.pop()?.entries.closeSync();
        continue;
      }
      const path = `${folder.path}/${name}`;
      const entry = unlocked(folder.path, () => lstatSync(bytesOf(path)));
      if (entry) sum += ENTRY_BYTES + Math.max(entry.isFile() ? entry.size : 0, entry.blocks * 512);
      if (entry?.isDirectory()) enter(path);
      if (++seen % ENTRIES_AT_ONCE !== 0) continue;
      await breathe();
      if (signal?.aborted) return sum;
    }
    return sum;
  } catch (error) {
    if (error instanceof TooMuch) return Infinity;
    throw error;
  } finally {
    for (const { entries } of way) entries.closeSync();
  }
}

class TooMuch extends Error {}

const bytesOf = (path: string): Buffer => Buffer.from(path, 'latin1');

/** Looks, also where the job has locked the folder that it takes; undefined where what is looked at is gone. */
function unlocked<T>(folder: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) return undefined;
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw new TooMuch();
  }
  try {
    chmodSync(bytesOf(folder), 0o700);
    return look();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw new TooMuch();
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
