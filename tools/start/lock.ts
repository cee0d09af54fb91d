import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openLock } from '../lock.mjs';
import { StartFault } from './start-fault.ts';

/**
 * Makes this process the only one that starts Kontor in a folder, until it ends or calls what it gets back. Throws
 * StartFault while another one lives.
 */
export async function lock(file: string): Promise<() => void> {
  mkdirSync(dirname(file), { recursive: true });
  const { take, release } = openLock(file);
  if (await take('alone', { within_s: 0 })) {
    writeFileSync(file, String(process.pid));
    return release;
  }
  release();
  const holder = readFileSync(file, 'utf8');
  throw new StartFault(
    `Kontor already runs in ${dirname(dirname(file))} (process ${holder}).`,
    `Stop it with Ctrl-C or \`kill ${holder}\`, or set KONTOR_HOME to another folder and other ports.`,
  );
}
