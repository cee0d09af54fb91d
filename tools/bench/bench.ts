import { ensureBuilt } from '../start/build.ts';
import { tell, TERMINAL } from '../start/start-fault.ts';
import { table, type Figure } from './figure.ts';

/** Every benchmark by name, loaded only when asked for. */
const BENCHES: Record<string, () => Promise<{ run(): Promise<Figure[]> }>> = {
  access: () => import('./access.ts'),
  quota: () => import('./quota.ts'),
  reports: () => import('./reports.ts'),
  start: () => import('./start.ts'),
};

const [name = '', ...flags] = process.argv.slice(2);
const load = BENCHES[name];
if (!load) {
  console.error(
    `There is no benchmark ${name || '(no name)'}. Try: npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--json]`,
  );
  process.exit(1);
}
try {
  await ensureBuilt();
  const { run } = await load();
  const figures = await run();
  console.log(flags.includes('--json') ? figures.map((figure) => JSON.stringify(figure)).join('\n') : table(figures));
  process.exitCode = figures.every(({ pass }) => pass) ? 0 : 1;
} catch (error) {
  console.error(tell(error, TERMINAL));
  process.exitCode = 1;
}
