import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

/** What an entry costs beside its content, so that a million empty files are not free. */
const ENTRY_BYTES = 256;
/** Entries between two moments in which the shim may do something else. */
const ENTRIES_AT_ONCE = 500;

/**
 * Bytes below a folder: per file the greater of its length and its blocks, so that neither holes nor tails are free.
 * Symbolic links are counted, not followed. What is too deep to be looked at is too much: infinite.
 *
 * @param signal ends the walk early, with what was found so far
 */
export async function folderBytes(root: string, signal?: AbortSignal): Promise<number> {
  let sum = 0;
  let seen = 0;
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      try {
        const entry = lstatSync(path);
        sum += ENTRY_BYTES + Math.max(entry.isFile() ? entry.size : 0, entry.blocks * 512);
        if (entry.isDirectory()) pending.push(path);
      } catch (error) {
        if (isTooDeep(error)) return Infinity;
      }
      if (++seen % ENTRIES_AT_ONCE !== 0) continue;
      await breathe();
      if (signal?.aborted) return sum;
    }
  }
  return sum;
}

/** Names in a folder, also in one that the job has locked against reading; none in one that is gone. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return [];
    try {
      chmodSync(folder, 0o700);
      return readdirSync(folder);
    } catch {
      return [];
    }
  }
}

const isTooDeep = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG';
