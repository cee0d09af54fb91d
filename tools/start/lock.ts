import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { aliveFrom, identify } from './process-identity.ts';
import { StartFault } from './start-fault.ts';

const ATTEMPTS = 5;

/**
 * Makes this process the only one that starts Kontor in a folder, until it calls what it gets back. A lock that a dead
 * process left is taken over. Throws StartFault while another one lives.
 */
export function lock(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const mine = identify(process.pid);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(file, mine)) return () => release(file, mine);
    const theirs = readIfThere(file);
    const holder = aliveFrom(theirs);
    if (holder !== undefined) {
      throw new StartFault(
        `Kontor already runs in ${dirname(dirname(file))} (process ${holder}).`,
        `Stop it with Ctrl-C or \`kill ${holder}\`, or set KONTOR_HOME to another folder and other ports.`,
      );
    }
    clearAway(file, theirs);
  }
  throw new StartFault(`The lock ${file} changes hands too fast.`, 'Start Kontor once.');
}

/** The file appears with its content or not at all, so that nobody reads an empty lock. */
function create(file: string, content: string): boolean {
  const growing = `${file}.${randomBytes(4).toString('hex')}`;
  writeFileSync(growing, content);
  try {
    linkSync(growing, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(growing);
  }
}

/** Two may find the same dead lock: whoever moves away a new one instead puts it back. */
function clearAway(file: string, expected: string): void {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = readIfThere(aside);
  if (moved !== expected) create(file, moved);
  rmSync(aside);
}

function release(file: string, mine: string): void {
  if (readIfThere(file) === mine) rmSync(file, { force: true });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
