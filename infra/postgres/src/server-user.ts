import { execFileSync, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PostgresFault } from './fault.ts';

/** The user that PostgreSQL runs as when we are root, because it refuses to run as root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

const NAME = 'postgres';

/**
 * Who runs the cluster in `directory`: nobody in particular (undefined) unless we are root; then the owner of an
 * existing folder, else the user `postgres`, which is made where the machine lacks it. Throws PostgresFault.
 */
export function serverUser(directory: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = existsSync(directory) ? statSync(directory) : undefined;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp() ?? create();
}

function lookUp(): ServerUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((user) => user.startsWith(`${NAME}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function create(): ServerUser {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', NAME], { stdio: 'pipe' });
  } catch (cause) {
    const created = lookUp();
    if (created) return created;
    throw new PostgresFault(
      'PostgreSQL refuses to run as root, and no user could be made for it.',
      `Make one (useradd --system ${NAME}), or start as another user.`,
      cause,
    );
  }
  return lookUp() as ServerUser;
}

/** Of glibc: what one statement needed is there for the next, and not given back and faulted in again each time. */
const KEEPS_MEMORY = { MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20), MALLOC_TOP_PAD_: String(2 ** 20) };

/**
 * Starts a PostgreSQL program as its user, in a session of its own so that a Ctrl-C meant for us does not reach it.
 * Where that user may not enter the folders above the files (a clone in /root, a private temp folder), the program
 * keeps root's right to pass them; the bit no_setuid_fixup makes access(2) honour that right as well.
 */
export function spawnAs(
  user: ServerUser | undefined,
  program: string,
  args: string[],
  files: string[],
  stdio: StdioOptions,
): ChildProcess {
  const options = { stdio, detached: true, cwd: '/', env: { ...process.env, ...KEEPS_MEMORY, LC_ALL: 'C' } };
  if (!user) return spawn(program, args, options);
  if ([program, ...files].every((path) => mayReach(user, path))) return spawn(program, args, { ...options, ...user });
  const become = `--reuid ${user.uid} --regid ${user.gid} --clear-groups --securebits +no_setuid_fixup`;
  const passing = '--inh-caps +dac_override --ambient-caps +dac_override';
  return spawn('setpriv', [...`${become} ${passing} --`.split(' '), program, ...args], options);
}

/** Whether the user may enter every folder above `path`. */
function mayReach(user: ServerUser, path: string): boolean {
  const folder = dirname(path);
  const { mode, uid, gid } = statSync(folder);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  const mayEnter = ((mode >> shift) & 1) === 1;
  return mayEnter && (folder === path || folder === '/' || mayReach(user, folder));
}
