import { parseArgs } from 'node:util';
import { ensureBuilt } from '../start/build.ts';
import { StartFault, tell, TERMINAL } from '../start/start-fault.ts';

const USAGE = 'Use: npm run verify -- journal [--head quota:4711:9f86…]';

/** Checks what it is told to and says what it proved. Exit code 1 where something does not hold. */
async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { head: { type: 'string', multiple: true, default: [] } },
  });
  const [what = '(nothing)', ...more] = positionals;
  if (what !== 'journal' || more.length > 0) throw new StartFault(`There is nothing called ${what} to verify.`, USAGE);
  await ensureBuilt();
  const { verifyJournals } = await import('./journal.ts');
  return verifyJournals(values.head);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(tell(error, TERMINAL));
  process.exitCode = 1;
}
