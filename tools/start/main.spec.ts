import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { freePort } from '@kontor/postgres/free-port';
import { startChild, type Child } from '@kontor/testing/child';
import { eventually } from '@kontor/testing/eventually';
import { isRunning } from '@kontor/postgres/is-running';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = /Kontor runs/;
const FIRST_START_MS = 240_000;

describe('npm start', () => {
  const homes: string[] = [];
  afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

  it(
    'brings up a system that does and charges its sample job once, over a kill and a stop',
    async () => {
      const place = await setup();
      await using killed = place.start();
      await killed.until(async () => (await place.jobs())[0]?.state === 'RUNNING', 120_000);
      killed.kill('SIGKILL');
      await killed.exited;

      await using first = place.start();
      await first.prints(RUNS, FIRST_START_MS);
      expect(first.output()).toMatch(/learnt {2}reads 9\d\.\d % of 1,756 digits/);
      expect(first.output()).toMatch(/paid .* = \d+ µcr by the programme, \d+ µcr by the project/);
      expect(statSync(join(place.home, 'secrets', 'session-key')).mode & 0o777).toBe(0o600);
      expect((await place.jobs()).map(({ state }) => state)).toEqual(['SUCCEEDED']);

      const pids = ['gateway', 'identity', 'tenancy', 'quota', 'compute', 'PostgreSQL'].map(place.pidOf);
      const began = performance.now();
      first.kill('SIGINT');
      first.kill('SIGINT');
      expect(await first.exited).toBe(0);
      expect(performance.now() - began).toBeLessThan(15_000);
      expect(pids.filter(isRunning)).toEqual([]);

      await using second = place.start();
      await second.prints(RUNS, FIRST_START_MS);
      expect(second.output()).not.toContain('sample job');
      expect(await place.jobs()).toHaveLength(1);
    },
    FIRST_START_MS,
  );

  it(
    'is refused while it already runs, and says by whom and what helps',
    async () => {
      const place = await setup();
      await using first = place.start('--no-sample');
      await first.prints(RUNS, FIRST_START_MS);
      await using second = place.start('--no-sample');
      expect(await second.exited).toBe(1);
      expect(second.output()).toContain(
        `Kontor already runs in ${place.home} (process ${first.pid}). Stop it with Ctrl-C`,
      );
      expect(first.output()).not.toContain('ended');
    },
    FIRST_START_MS,
  );

  it(
    'starts again whatever is killed under it',
    async () => {
      const place = await setup();
      await using system = place.start('--no-sample');
      await system.prints(RUNS, FIRST_START_MS);
      for (const name of ['gateway', 'quota', 'compute', 'PostgreSQL']) {
        process.kill(place.pidOf(name), 'SIGKILL');
        await system.prints(new RegExp(`✓ ${name} serves again`), 30_000);
      }
      await eventually('everything serves', async () => (await fetch(`${place.url}/healthz`)).ok, {
        withinMs: 20_000,
        everyMs: 200,
      });
      await migrateCheck(place.env);
    },
    FIRST_START_MS,
  );

  it(
    'killed in the middle, at whatever moment, goes on the next time',
    async () => {
      const place = await setup();
      for (const moment of [400, 1_200, 2_500, 4_500]) {
        await using killed = place.start('--no-sample');
        await sleep(moment);
        killed.kill('SIGKILL');
      }
      await using system = place.start('--no-sample');
      await system.prints(RUNS, FIRST_START_MS);
      expect((await fetch(`${place.url}/healthz`)).ok).toBe(true);
    },
    FIRST_START_MS,
  );

  it(
    'tells in two sentences what is wrong and what helps, and leaves nothing running',
    async () => {
      const place = await setup();
      const squatter = `require('net').createServer().listen(${place.env.KONTOR_QUOTA_PORT}, '127.0.0.1',
        () => console.log('listening'))`;
      await using other = startChild(process.execPath, ['-e', squatter]);
      await other.prints(/listening/);
      const file = join(place.home, 'file');
      writeFileSync(file, '');
      const odd = join(place.home, 'odd');
      mkdirSync(join(odd, 'run', 'start.lock'), { recursive: true });
      const cases: [Record<string, string>, string][] = [
        [{}, `Port ${place.env.KONTOR_QUOTA_PORT} (quota) is taken by process ${other.pid}`],
        [{ KONTOR_QUOTA_PORT: 'x' }, 'KONTOR_QUOTA_PORT is not a port: x. Use a number from 1 to 65535, such as 7810.'],
        [{ KONTOR_HOME: join(file, 'home') }, `${join(file, 'home')} cannot be written: ENOTDIR`],
        [{ KONTOR_HOME: odd }, `The whole story is in ${join(odd, 'logs', 'start.log')}.`],
      ];
      for (const [env, sentence] of cases) {
        await using refused = startChild(process.execPath, ['tools/start/main.ts'], { ...place.env, ...env }, ROOT);
        expect(await refused.exited).toBe(1);
        expect(refused.output()).toContain(sentence);
        expect(refused.output()).not.toMatch(/\n {4}at /);
      }
      expect(readFileSync(join(odd, 'logs', 'start.log'), 'utf8')).toMatch(/EISDIR.*\n {4}at /);
    },
    FIRST_START_MS,
  );

  async function setup() {
    const home = mkdtempSync(join(tmpdir(), 'kontor-start-'));
    homes.push(home);
    const env = {
      KONTOR_HOME: home,
      KONTOR_GATEWAY_PORT: String(await freePort()),
      KONTOR_TENANCY_PORT: String(await freePort()),
      KONTOR_IDENTITY_PORT: String(await freePort()),
      KONTOR_QUOTA_PORT: String(await freePort()),
      KONTOR_COMPUTE_PORT: String(await freePort()),
      KONTOR_POSTGRES_PORT: String(await freePort()),
      KONTOR_LOG: 'warn',
      NODE_OPTIONS: '',
    };
    const url = `http://127.0.0.1:${env.KONTOR_GATEWAY_PORT}`;
    const tokenOf = demoTokens(Number(env.KONTOR_IDENTITY_PORT), 'researcher');
    const pidOf = (name: string): number =>
      Number(
        readFileSync(
          name === 'PostgreSQL' ? join(home, 'postgres', 'data', 'postmaster.pid') : join(home, 'run', `${name}.pid`),
          'utf8',
        ).split(/\s/)[0],
      );
    return {
      home,
      env,
      url,
      pidOf,
      start: (...args: string[]) => stopping(startChild(process.execPath, ['tools/start/main.ts', ...args], env, ROOT)),
      /** Jobs of the researcher's only project. */
      jobs: async () => {
        const get = async (path: string): Promise<unknown> => {
          const headers = { authorization: `Bearer ${await tokenOf()}` };
          return (await fetch(`${url}${path}`, { headers })).json();
        };
        const { projects } = (await get('/v1/projects')) as { projects: { project: { projectId: string } }[] };
        const [{ project } = { project: { projectId: 'none' } }] = projects;
        return ((await get(`/v1/projects/${project.projectId}/jobs`)) as { jobs: { state: string }[] }).jobs;
      },
    };
  }
});

/** The same child, which is asked to stop at the end of its test, so that it takes its services with it. */
const stopping = (child: Child): Child => ({
  ...child,
  async [Symbol.asyncDispose]() {
    child.kill('SIGTERM');
    await child.exited;
  },
});

async function migrateCheck(env: Record<string, string>): Promise<void> {
  await using check = startChild(process.execPath, ['tools/migrate.ts', 'all', '--check'], env, ROOT);
  expect(await check.exited).toBe(0);
  expect(check.output()).toBe('tenancy: is up to date\nquota: is up to date\ncompute: is up to date\n');
}
