import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startChild } from '@kontor/testing/child';
import { eventually } from '@kontor/testing/eventually';
import { statFields } from '@kontor/postgres/is-running';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { copyClone } from './copy-clone.ts';

const BUILD_MS = 120_000;

// Of a copy of the clone, because other tests run what is built in this one.
describe('what a clone runs from', () => {
  const clone = mkdtempSync(join(tmpdir(), 'kontor-clone-'));
  beforeAll(() => copyClone(clone));
  afterAll(() => rmSync(clone, { recursive: true, force: true }));

  it(
    'is built by one start at a time, also after one that was killed in the middle',
    async () => {
      const building = watchBuilds();
      await using killed = start();
      await killed.prints(/building/);
      await eventually('its build runs', () => building.now() === 1, { withinMs: 10_000 });
      killed.kill('SIGKILL');
      await using second = start();
      await using third = start();
      await Promise.all([second.prints(/built/, BUILD_MS), third.prints(/built/, BUILD_MS)]);
      expect([second.output(), third.output()].toSorted()).toEqual([
        expect.stringMatching(/^somebody else installs or builds in .*: waiting …\nbuilt\n$/),
        expect.stringMatching(/^(somebody else .*\n)?• building …\nbuilt\n$/),
      ]);
      expect(building.mostAtOnce()).toBe(1);
    },
    BUILD_MS,
  );

  it(
    'is built anew where somebody else has built something else there',
    async () => {
      await builtOnce();
      appendFileSync(join(clone, 'apps', 'quota', 'dist', 'src', 'main.js'), '// of another branch\n');
      expect(await builtOnce()).toContain('building');
      expect(await builtOnce()).toBe('built\n');
    },
    BUILD_MS,
  );

  it(
    'is not built anew beneath a process that runs from it',
    async () => {
      await using running = start();
      await running.prints(/built/, BUILD_MS);
      await using same = start();
      await same.prints(/^built/);
      const source = join(clone, 'libs', 'kit', 'src', 'clock.ts');
      appendFileSync(source, '// changed\n');
      await using changed = start();
      await changed.prints(/Something of Kontor .* runs from .*, and this would change that/);
      expect(readFileSync(join(clone, 'libs', 'kit', 'dist', 'clock.js'), 'utf8')).not.toContain('changed');
    },
    BUILD_MS,
  );

  /** A process that needs what is built, and runs from it until it is killed. */
  function start() {
    const program = `const { ensureBuilt } = await import(${JSON.stringify(join(clone, 'tools/start/build.ts'))});
      await ensureBuilt(); console.log('built'); setInterval(() => 0, 1e6);`;
    const PATH = [join(clone, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
    const env = { NODE_OPTIONS: '', NX_DAEMON: 'false', PATH };
    return startChild(process.execPath, ['--input-type=module', '-e', program], env, clone);
  }

  /** What such a process says. */
  async function builtOnce(): Promise<string> {
    await using child = start();
    await child.prints(/built/, BUILD_MS);
    return child.output();
  }

  /** How many builds run in the clone, and how many ever did at once from now on. */
  function watchBuilds() {
    const now = () => readdirSync('/proc').filter((pid) => isBuild(pid)).length;
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, now())), 50);
    return {
      now,
      mostAtOnce() {
        clearInterval(timer);
        return most;
      },
    };
  }

  /** A child of a build looks like it until it has become the program that it is to be. */
  function isBuild(pid: string): boolean {
    const [, parent = ''] = statFields(Number(pid));
    if (!isNx(pid) || isNx(parent)) return false;
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === clone;
    } catch {
      return false;
    }
  }

  function isNx(pid: string): boolean {
    return readIfThere(`/proc/${pid}/cmdline`).includes('\0run-many\0');
  }
});
