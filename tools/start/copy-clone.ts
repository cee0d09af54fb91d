import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from './settings.ts';

/** What a fresh clone does not have. */
const MADE = new Set(['.git', '.nx', '.kontor', '.engines', '.in-use', 'node_modules', 'dist', 'gen', 'coverage']);
/** What packages are not: what was made from them, our own, and npm's list of them all. */
const NOT_LINKED = /^(\.cache|\.package-lock\.json|@kontor\/.*)$/;

/**
 * Copies this clone as it is right after its packages were installed: nothing is generated or built, and whatever is
 * done in the copy changes nothing here. Packages are links to those of the clone, but our own are the copy's.
 */
export function copyClone(folder: string): void {
  cpSync(ROOT, folder, { recursive: true, filter: (path) => path === ROOT || !MADE.has(basename(path)) });
  const [installed, linked] = [ROOT, folder].map((clone) => join(clone, 'node_modules')) as [string, string];
  for (const own of ['@kontor', '.package-lock.json']) {
    cpSync(join(installed, own), join(linked, own), { recursive: true, verbatimSymlinks: true });
  }
  const names = readdirSync(installed).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(installed, name)).map((part) => join(name, part)) : [name],
  );
  for (const name of names.filter((one) => !NOT_LINKED.test(one))) {
    mkdirSync(dirname(join(linked, name)), { recursive: true });
    symlinkSync(join(installed, name), join(linked, name));
  }
}
