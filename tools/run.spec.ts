import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '@kontor/testing/child';
import { freePort } from '@kontor/postgres/free-port';
import { copyClone } from './start/copy-clone.ts';

const BUILD_MS = 180_000;

describe('a command of npm in a fresh clone', () => {
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  it(
    'finds what it needs built, and built once for all of them',
    async () => {
      const { run } = await setup();
      const verify = await run('tools/verify/verify.ts', 'journal');
      expect(verify.output).toMatch(/^• building …\nNo operator runs at /);
      const migrate = await run('tools/migrate.ts', 'quota');
      expect(migrate.output).toMatch(/^There is no PostgreSQL in .* yet\./);
      expect([verify.code, migrate.code]).toEqual([1, 1]);
    },
    BUILD_MS,
  );

  it('says what is wrong with its arguments before it builds anything', async () => {
    const { run } = await setup();
    for (const [program, said] of [
      ['tools/bench/bench.ts', 'There is no benchmark (no name).'],
      ['tools/chaos/chaos.ts', 'There is no fault suite (no name).'],
      ['tools/verify/verify.ts', 'There is nothing called (nothing) to verify.'],
      ['tools/migrate.ts', 'There is no service with a database called (nothing).'],
    ] as const) {
      const { code, output } = await run(program);
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(said) });
      expect(output).not.toContain('building');
    }
  });

  async function setup() {
    const folder = mkdtempSync(join(tmpdir(), 'kontor-clone-'));
    folders.push(folder);
    copyClone(folder);
    const env = {
      NODE_OPTIONS: '',
      KONTOR_GATEWAY_PORT: String(await freePort()),
      KONTOR_HOME: join(folder, '.kontor'),
      KONTOR_POSTGRES_PORT: String(await freePort()),
    };
    return {
      async run(...args: string[]) {
        await using child = startChild(process.execPath, ['tools/run.mjs', ...args], env, folder);
        return { code: await child.exited, output: child.output() };
      },
    };
  }
});
