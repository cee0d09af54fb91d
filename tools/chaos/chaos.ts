import { ensureBuilt } from '../start/build.ts';
import { passes, type ChaosOptions, type Outcome } from './suite.ts';

/** Every fault suite by name, loaded only when asked for. */
const SUITES: Record<string, () => Promise<{ run(options: ChaosOptions): Promise<Outcome> }>> = {
  spine: () => import('./spine.ts'),
  ledger: () => import('./ledger.ts'),
};

const [name = '', ...flags] = process.argv.slice(2);
const load = SUITES[name];
if (!load) {
  console.error(
    `There is no fault suite ${name || '(no name)'}. ` +
      `Try: npm run chaos -- ${Object.keys(SUITES).join(' | ')} [--nightly] [--seed=N]`,
  );
  process.exit(1);
}
const seed = Number(flags.find((flag) => flag.startsWith('--seed='))?.slice(7) ?? Date.now() % 1_000_000);
const run = async (options: ChaosOptions): Promise<Outcome> => {
  await ensureBuilt();
  return (await load()).run(options);
};
const pass = await passes(name, run, { seed, nightly: flags.includes('--nightly') }, (line) => console.log(line));
process.exit(pass ? 0 : 1);
