// What is installed and built in a clone: many run from it, one at a time changes it, and never beneath one who runs.
import { join, resolve } from 'node:path';
import { openLock } from './lock.mjs';

/** In which somebody who only looks lets go of the lock again. */
const GLANCE_S = 2;

/**
 * Sees to it that the clone is ready for what this process runs from it, and has it stay so until `release` is called
 * or the process ends. Waits for whoever is at it already, and says so. Answers nothing where it would have to change
 * what another process runs from.
 */
export async function readied(clone, { isReady, makeReady, say, signal }) {
  const lock = openLock(join(clone, '.in-use'));
  const take = (how, within_s) => lock.take(how, { within_s, signal });
  try {
    for (;;) {
      if (!(await take('shared', 0))) {
        say(`somebody else installs or builds in ${resolve(clone)}: waiting …`);
        await take('shared');
      }
      if (isReady()) return lock;
      if (await take('alone', GLANCE_S)) {
        if (!isReady()) await makeReady(lock.descriptor);
        await take('shared');
        return lock;
      }
      if ((await take('shared', 0)) && !isReady()) break;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
  lock.release();
  return undefined;
}

/**
 * What to tell whoever was answered nothing: what is wrong, and what helps.
 *
 * @returns {[string, string]}
 */
export const inUse = (clone) => [
  `Something of Kontor (npm start, a test, a benchmark) runs from ${resolve(clone)}, and this would change that.`,
  'Stop it and run this again, or work in another clone.',
];
