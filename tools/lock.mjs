// Locks that the kernel keeps: one is free as soon as nobody has its file open any more, however they ended. Plain
// JavaScript for any Node from 20.19 on, because one guards the installation of the packages.
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

const CONFLICT = 1;

/**
 * Opens the lock that a file stands for, which is made when missing and stays. Whoever is given the descriptor, such as
 * a child, has what is taken through it too, and keeps it when we have gone.
 */
export function openLock(file) {
  const descriptor = open(file);
  return { descriptor, take: (how, options) => take(descriptor, how, options), release: () => closeSync(descriptor) };
}

/**
 * Takes it `alone`, or `shared` with all who take it so, in place of what we have of it; answers whether it could.
 * Waits for `within_s` seconds, for as long as it takes when that is left out, or until the signal, which it throws.
 */
async function take(descriptor, how, { within_s, signal } = {}) {
  const patience = within_s === undefined ? [] : ['--timeout', String(within_s)];
  const options = [how === 'shared' ? '--shared' : '--exclusive', ...patience, '3'];
  const child = spawn('flock', options, { stdio: ['ignore', 'ignore', 'inherit', descriptor], signal });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0 && code !== CONFLICT) throw new Error(`flock ended with ${code}.`);
  return code === 0;
}

/** Whoever may only read it can hold it too. */
function open(file) {
  try {
    return openSync(file, constants.O_RDWR | constants.O_CREAT, 0o644);
  } catch (error) {
    if (!['EACCES', 'EROFS'].includes(error.code)) throw error;
    return openSync(file, constants.O_RDONLY);
  }
}
