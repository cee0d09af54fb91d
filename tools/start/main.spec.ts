import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, startProgram } from '@kontor/testing/child';
import { eventually } from '@kontor/testing/eventually';
import { operatorPlace } from '@kontor/testing/operator';
import { isRunning } from '@kontor/postgres/is-running';

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

      const pids = (['gateway', 'identity', 'tenancy', 'quota', 'compute', 'postgres'] as const).map(place.pidOf);
      const began = performance.now();
      first.kill('SIGINT');
      first.kill('SIGINT');
      expect(await first.exited).toBe(0);
      expect(performance.now() - began).toBeLessThan(15_000);
      expect(pids.filter((pid) => pid === undefined || isRunning(pid))).toEqual([]);

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
      for (const name of ['gateway', 'quota', 'compute', 'postgres'] as const) {
        process.kill(place.pidOf(name) ?? NaN, 'SIGKILL');
        await system.prints(new RegExp(`✓ ${name}.* serves again`, 'i'), 30_000);
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
      const squatter = `require('net').createServer().listen(${place.ports.quota}, '127.0.0.1',
        () => console.log('listening'))`;
      await using other = startChild(process.execPath, ['-e', squatter]);
      await other.prints(/listening/);
      const file = join(place.home, 'file');
      writeFileSync(file, '');
      const odd = join(place.home, 'odd');
      mkdirSync(join(odd, 'run', 'start.lock'), { recursive: true });
      const cases: [Record<string, string>, string][] = [
        [{}, `Port ${place.ports.quota} (quota) is taken by process ${other.pid}`],
        [{ KONTOR_QUOTA_PORT: 'x' }, 'KONTOR_QUOTA_PORT is not a port: x. Use a number from 1 to 65535, such as 7810.'],
        [{ KONTOR_HOME: join(file, 'home') }, `${join(file, 'home')} cannot be written: ENOTDIR`],
        [{ KONTOR_HOME: odd }, `The whole story is in ${join(odd, 'logs', 'start.log')}.`],
      ];
      for (const [env, sentence] of cases) {
        await using refused = startProgram('tools/start/main.ts', [], { ...place.env, ...env });
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
    const place = await operatorPlace(home, { env: { KONTOR_LOG: 'warn' } });
    return {
      ...place,
      /** Jobs of the researcher's only project. */
      async jobs() {
        const researcher = place.as('researcher');
        const [first] = (await researcher.all('/v1/projects', 'projects')) as { project: { projectId: string } }[];
        const path = `/v1/projects/${first?.project.projectId ?? 'none'}/jobs`;
        return (await researcher.all(path, 'jobs')) as { state: string }[];
      },
    };
  }
});

async function migrateCheck(env: Record<string, string>): Promise<void> {
  await using check = startProgram('tools/migrate.ts', ['all', '--check'], env);
  expect(await check.exited).toBe(0);
  expect(check.output()).toBe('tenancy: is up to date\nquota: is up to date\ncompute: is up to date\n');
}
