import { readFileSync, rmSync } from 'node:fs';

const file = process.env['KONTOR_CRASH_FILE'];

/**
 * A labelled point between two effects. A fault suite names a file in `KONTOR_CRASH_FILE` and writes a label into it:
 * the process that next passes that label removes the file and kills itself. Otherwise this does nothing.
 */
export function failpoint(label: string): void {
  if (file === undefined || armed(file) !== label) return;
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
}

function armed(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
