import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobFolder } from './job-folder.ts';

/** The shim beside this file: source in tests, compiled in production. */
const SHIM = fileURLToPath(new URL(`./shim/shim${extname(import.meta.url)}`, import.meta.url));
const SMALL_HEAP = ['--max-old-space-size=32', '--max-semi-space-size=1'];
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts a job's shim in a session of its own, holding nothing of this process, so that it lives on without it. */
export function spawnShim(nodeBinary: string, folder: JobFolder, ended: () => void): void {
  const log = openSync(folder.shimLog, 'a', 0o600);
  try {
    const shim = spawn(nodeBinary, [...SMALL_HEAP, SHIM, folder.path], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: SEARCH_PATH },
    });
    shim.on('exit', ended);
    shim.on('error', ended);
    shim.unref();
  } finally {
    closeSync(log);
  }
}
