import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findBinaries } from './binaries.ts';
import { explain, PostgresFault } from './fault.ts';
import { spawnAs, type ServerUser } from './server-user.ts';
import type { Durability } from './settings.ts';

/** Folder with the databases, and the file with the superuser's password, in the directory of a cluster. */
export const dataFolder = (directory: string) => join(directory, 'data');
export const passwordFile = (directory: string) => join(directory, 'superuser.password');

/**
 * Makes a new cluster unless there is one. It grows beside its place and moves there when complete, so that whoever
 * is killed in between leaves nothing that looks like a cluster. Throws PostgresFault.
 */
export async function initialise(directory: string, user: ServerUser | undefined, durability: Durability) {
  sweep(directory);
  if (existsSync(directory)) return;
  const growing = `${directory}.new-${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(growing, { recursive: true, mode: 0o700 });
    writeFileSync(passwordFile(growing), randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (user) for (const path of [growing, passwordFile(growing)]) chownSync(path, user.uid, user.gid);
  } catch (cause) {
    throw cannotMake(directory, cause);
  }
  await runInitdb(growing, user, durability);
  renameSync(growing, directory);
  flushFolder(dirname(directory));
}

export const cannotMake = (directory: string, cause: unknown) =>
  new PostgresFault(
    `The folder ${directory} cannot be made: ${(cause as Error).message}.`,
    'Choose a folder that this user can write.',
    cause,
  );

/** Every attempt has a name of its own: the initdb of a killed one may still run, and cleans up behind itself. */
function sweep(directory: string): void {
  const parent = dirname(directory);
  const abandoned = readdirSync(parent).filter((name) => name.startsWith(`${basename(directory)}.new-`));
  for (const name of abandoned) rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
}

async function runInitdb(directory: string, user: ServerUser | undefined, durability: Durability) {
  const args = [
    '--pgdata',
    dataFolder(directory),
    '--pwfile',
    passwordFile(directory),
    '--username',
    'postgres',
    '--auth',
    'scram-sha-256',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--data-checksums',
    ...(durability === 'none' ? ['--no-sync'] : []),
  ];
  const child = spawnAs(user, findBinaries().initdb, args, [directory], ['ignore', 'ignore', 'pipe']);
  const ended = once(child, 'close').catch((error: Error) => [error.message]);
  const printed = child.stderr ? await text(child.stderr) : '';
  const [code] = await ended;
  if (code !== 0) throw explain('make its files', `${printed}\n${code}`, 'the message above');
}

/** A rename survives a power cut once the folder that holds the name is on disk. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
