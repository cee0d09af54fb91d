import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, lstatSync, mkdirSync, renameSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JobFolder, OutputRecord } from '../job-folder.ts';

/**
 * Moves the declared outputs that exist out of the working folder and hashes them. Only regular files that are reached
 * through real folders are outputs: a symbolic link anywhere on the way, or a pipe, is left where it is. Nothing of the
 * job is alive any more, so what is looked at cannot change under the look. What the job has locked is unlocked; what
 * cannot be moved all the same is not kept, and the shim's log says why.
 */
export async function keepOutputs(folder: JobFolder, declared: string[]): Promise<OutputRecord[]> {
  const kept: OutputRecord[] = [];
  for (const path of new Set(declared)) {
    try {
      if (!isPlainFile(folder.work, path)) continue;
      const target = join(folder.outputs, path);
      mkdirSync(dirname(target), { recursive: true });
      renameSync(join(folder.work, path), target);
      kept.push({ path, ...(await digestOf(target)) });
    } catch (error) {
      console.error(`The output ${path} could not be kept.`, error);
    }
  }
  return kept;
}

function isPlainFile(root: string, path: string): boolean {
  const names = path.split('/');
  return ['', ...names].every((_, depth) => {
    const at = join(root, ...names.slice(0, depth));
    const entry = lstatSync(at, { throwIfNoEntry: false });
    if (depth < names.length ? !entry?.isDirectory() : !entry?.isFile()) return false;
    unlock(at, entry!);
    return true;
  });
}

/** A file of the store is readable, and its mode, which every job shares that has it as an input, stays as it is. */
function unlock(path: string, entry: Stats): void {
  const needed = entry.isDirectory() ? 0o700 : 0o400;
  if ((entry.mode & needed) !== needed) chmodSync(path, 0o700);
}

async function digestOf(path: string): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      hash.update(chunk);
    }
  });
  return { sha256: hash.digest('hex'), sizeBytes };
}
