import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Deletes a folder that a job may have filled with anything: names too long for one path, more names than fit into this
 * process, folders locked to us.
 */
export async function deleteFolder(path: string): Promise<void> {
  try {
    await run('rm', ['-rf', '--', path]);
  } catch {
    await run('chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
    await run('rm', ['-rf', '--', path]);
  }
}
