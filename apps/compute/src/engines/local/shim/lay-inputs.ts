import { chownSync, constants, existsSync, mkdirSync } from 'node:fs';
import { chmod, copyFile, link } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobSpec } from '../job-folder.ts';
import { NotStarted } from './program.ts';

/**
 * Makes the working folder and puts the inputs into it, read-only. A job with a user of its own cannot change files of
 * the store and gets links to them; any other gets copies.
 */
export async function layInputs(work: string, { inputs, userId }: JobSpec): Promise<void> {
  makeFolder(work, userId);
  try {
    for (const { path, file } of inputs) {
      const target = join(work, path);
      makeFolder(dirname(target), userId);
      const linked =
        userId !== undefined &&
        (await link(file, target).then(
          () => true,
          () => false,
        ));
      if (linked) continue;
      await copyFile(file, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      await chmod(target, 0o555);
    }
  } catch (error) {
    throw new NotStarted(`The inputs could not be laid into the working folder: ${(error as Error).message}.`);
  }
}

function makeFolder(path: string, userId: number | undefined): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), userId);
  mkdirSync(path, { mode: 0o700 });
  if (userId !== undefined) chownSync(path, userId, userId);
}
