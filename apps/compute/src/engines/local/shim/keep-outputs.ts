import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JobFolder, OutputRecord } from '../job-folder.ts';

/**
 * Moves the declared outputs that exist out of the working folder and hashes them. Only regular files that are reached
 * through real folders are outputs: a symbolic link anywhere on the way, or a pipe, is left where it is. Nothing of the
 * job is alive any more, so what is looked at cannot change under the look.
 */
export async function keepOutputs(folder: JobFolder, declared: string[]): Promise<OutputRecord[]> {
  const kept: OutputRecord[] = [];
  for (const path of new Set(declared)) {
    if (!isPlainFile(folder.work, path)) continue;
    const target = join(folder.outputs, path);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder.work, path), target);
    kept.push({ path, ...(await digestOf(target)) });
  }
  return kept;
}

function isPlainFile(root: string, path: string): boolean {
  const names = path.split('/');
  return names.every((_, index) => {
    const entry = lstatSync(join(root, ...names.slice(0, index + 1)), { throwIfNoEntry: false });
    return index === names.length - 1 ? entry?.isFile() : entry?.isDirectory();
  });
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
