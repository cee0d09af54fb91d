// What a machine must be before anything of Kontor is installed on it. Plain JavaScript, as all that runs before.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What starts every job and locks what only one may do at a time, and the package that brings it. */
const TOOLS = {
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  taskset: 'util-linux',
  flock: 'util-linux',
  mkfifo: 'coreutils',
};

/**
 * Why Kontor cannot run on a machine, and what helps; undefined where it can. `platform` is Node's name of it, `glibc`
 * the version of its C library, and `has` says whether a program is on the path.
 */
export function machineFault(platform, glibc, has) {
  if (platform !== 'linux') {
    return `Kontor runs its jobs on Linux, and this is ${platform}: use a Linux machine, or a virtual one.`;
  }
  if (!glibc) {
    return 'Kontor needs a Linux with the C library glibc, and this one has another: use one such as Debian.';
  }
  const missing = Object.keys(TOOLS).filter((tool) => !has(tool));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((tool) => TOOLS[tool]))];
  return `Kontor needs ${missing.join(', ')}, not found on the path: install ${packages.join(' and ')}.`;
}

/** The version of glibc that this Node runs on; undefined where that is another C library. */
export const glibcVersion = () => process.report.getReport().header.glibcVersionRuntime;

/** Whether a program is on a path such as /usr/bin:/bin. */
export function isOnPath(program, path = process.env.PATH ?? '') {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder || '.', program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
