import { ensureBuilt } from '../start/build.ts';
import type { ChaosOptions, Outcome } from './suite.ts';

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
const nightly = flags.includes('--nightly');
await ensureBuilt();
const { run } = await load();
const { counts, pass } = await run({ seed, nightly });
const counted = Object.entries(counts)
  .map(([key, value]) => `${key}=${value}`)
  .join(' ');
console.log(`${name} ${counted} seed=${seed} ${pass ? 'PASS' : 'FAIL'}`);
if (!pass) console.log(`Replay: npm run chaos -- ${name} --seed=${seed}${nightly ? ' --nightly' : ''}`);
process.exitCode = pass ? 0 : 1;
