import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEMO_PASSWORD } from '@kontor/keycloak/demo-users';
import {
  bringUpDatabases,
  bringUpPostgres,
  bringUpServices,
  ensureKeys,
  stopLeftovers,
  type Start,
} from './bring-up.ts';
import { ensureBuilt } from './build.ts';
import { ensureHome } from './home.ts';
import { lock } from './lock.ts';
import { peopleOf } from './people.ts';
import { checkPorts } from './ports.ts';
import { makeProgress } from './progress.ts';
import { runSample } from './sample-job.ts';
import { ensureIdentitySecrets } from './secrets.ts';
import { readSettings, type StartSettings } from './settings.ts';
import { tell, TERMINAL, type Log } from './start-fault.ts';

/** Where what nobody expected is written. */
let log: Log = TERMINAL;

/** Starts Kontor on this machine and runs until Ctrl-C. Exit codes: 0 stopped, 1 could not start. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'no-sample': { type: 'boolean', default: false } } });
  const settings = readSettings(process.env);
  ensureHome(settings.home);
  const progress = makeProgress(join(settings.home, 'logs', 'start.log'));
  log = progress;
  await using parts = new AsyncDisposableStack();
  parts.defer(await lock(join(settings.home, 'run', 'start.lock')));
  const signal = stopSignal();
  const start: Start = { settings, progress, signal, parts };
  try {
    await bringUp(start, !values['no-sample']);
    await aborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await progress.step('stopping', () => parts.disposeAsync());
  progress.say(`Stopped. Everything is kept in ${settings.home}: npm start goes on with it.`);
}

async function bringUp(start: Start, withSample: boolean): Promise<void> {
  const { settings, progress, signal } = start;
  await stopLeftovers(settings);
  await checkPorts(settings.ports);
  const [adminUrl] = await both(bringUpPostgres(start), ensureBuilt(progress, signal));
  await ensureKeys(settings);
  ensureIdentitySecrets(settings.home);
  signal.throwIfAborted();
  await bringUpServices(start, await bringUpDatabases(start, adminUrl));
  const { foundOperator } = await import('./found-operator.ts');
  await foundOperator(settings);
  for (const line of addresses(settings)) progress.show(line);
  if (withSample) await runSample(settings, peopleOf(settings), progress, signal);
  if (!signal.aborted) progress.say('Kontor runs. Ctrl-C stops it.');
}

/** Waits for both, also when one fails, so that nothing is still starting when everything is taken down. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

const addresses = ({ home, ports }: StartSettings): string[] => [
  '',
  `  API       http://localhost:${ports.gateway}/v1`,
  `  API docs  http://localhost:${ports.gateway}/docs`,
  `  sign in   http://localhost:${ports.gateway}/auth/sign-in?return_to=/docs`,
  `            as researcher, admin, staff, staff2 or auditor, password ${DEMO_PASSWORD}`,
  `  state     ${home}, logs in ${join(home, 'logs')}`,
  '',
];

/** Aborted by the first Ctrl-C or its like; further ones change nothing, because stopping is bounded. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  return stopping.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

process.stdout.on('error', () => undefined);
try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`\n${tell(error, log)}`);
  process.exit(1);
}
