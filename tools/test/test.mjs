// `npm test`: sets up what is missing, then checks everything under Node 24.
import { checkNode, continueWith, ensurePackages, run } from '../bootstrap.mjs';

await run(async () => {
  checkNode();
  await ensurePackages();
  await continueWith('tools/test/check-everything.ts');
});
