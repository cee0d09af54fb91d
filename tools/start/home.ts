import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { StartFault } from './start-fault.ts';

/** A new cluster takes 50 MB, its log up to a GiB; below this PostgreSQL could stop in the middle of work. */
const BYTES_FREE_MIN = 2 ** 29;

/** Makes the folder of all state. Throws StartFault where that is not possible, or the disk too full. */
export function ensureHome(home: string): void {
  try {
    for (const folder of ['logs', 'run']) mkdirSync(join(home, folder), { recursive: true });
    for (const folder of ['secrets', 'tls']) mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
    for (const folder of [home, join(home, 'logs'), join(home, 'run')]) accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new StartFault(
      `${home} cannot be written: ${(cause as Error).message}.`,
      'Give this user the folder, or set KONTOR_HOME to one that it may write.',
      cause,
    );
  }
  const { bavail, bsize } = statfsSync(home);
  if (bavail * bsize >= BYTES_FREE_MIN) return;
  throw new StartFault(
    `The disk of ${home} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free, and Kontor needs 512.`,
    'Free some space, or set KONTOR_HOME to a folder on another disk.',
  );
}
