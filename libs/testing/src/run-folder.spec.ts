import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';
import { sweepDeadRuns } from './run-folder.ts';

const SETUP = fileURLToPath(new URL('postgres-setup.mts', import.meta.url));

describe('a run of Jest that was killed', () => {
  it('leaves a cluster behind that the next run stops and deletes', async () => {
    const script = `import(${JSON.stringify(SETUP)}).then((setup) => setup.default({ maxWorkers: 2 }))
      .then(() => console.log(JSON.stringify({ folder: process.env.KONTOR_TEST_FOLDER })));
      setInterval(() => 0, 1e6)`;
    await using run = startChild(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', script]);
    const [, folder = ''] = await run.prints(/"folder":"(.+?)"/);
    await sweepDeadRuns();
    expect(existsSync(folder)).toBe(true);

    run.kill('SIGKILL');
    await run.exited;
    await sleep(20);
    await sweepDeadRuns();
    expect(existsSync(folder)).toBe(false);
  });
});
