// `npm start`. Plain JavaScript, for any Node from 20.19 on and before a single package is installed: it looks whether
// the machine will do, installs what is missing, and goes on under the Node that the packages bring.
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { checkMachine, checkNode, continueWith, ensurePackages, Help, root, run } from '../bootstrap.mjs';

const GIB = 2 ** 30;
const BYTES_FREE_MIN = 2 * GIB;

await run(async () => {
  checkNode();
  checkMachine();
  checkFolder();
  checkDisk();
  await ensurePackages();
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'kontor', 'node');
  await continueWith('tools/start/main.ts');
});

function checkFolder() {
  if (existsSync(join(root, 'node_modules'))) return;
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new Help(`This user may not write in ${root}. Give it the folder, or clone Kontor somewhere else.`);
  }
}

function checkDisk() {
  if (existsSync(join(root, 'node_modules'))) return;
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (free >= BYTES_FREE_MIN) return;
  throw new Help(
    `The disk of ${root} has ${(free / GIB).toFixed(1)} GiB free, and the first start needs 2. Free some space.`,
  );
}
