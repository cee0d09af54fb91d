// `npm test`, `npm run bench` and the like: node tools/run.mjs <program> [arguments]. Plain JavaScript, for any Node
// from 20.19 on and before a single package is installed: it installs what is missing and goes on with the program
// under the Node that the packages bring. What the program needs built it sees to itself.
import { checkMachine, checkNode, continueWith, ensurePackages, run } from './bootstrap.mjs';

const [program, ...args] = process.argv.slice(2);

await run(async () => {
  checkNode();
  checkMachine();
  await ensurePackages();
  await continueWith(program, args);
});
