import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { deleteFolder } from './delete-folder.ts';
import { explain } from './explain.ts';
import { folderBytes } from './folder-bytes.ts';
import { hardLimits } from './resource-limits.ts';
import { environmentScript } from './run-scripts.ts';
import { Stopwatch } from './stopwatch.ts';

const LIMITS = { memoryBytes: 2 ** 27, diskBytes: 2 ** 20, processes: 4, logBytes: 1024, timeMs: 90_000, graceMs: 0 };

describe('bytes in a folder', () => {
  it('are the greater of length and blocks of each file, and links are not followed', async () => {
    const folder = temporary();
    writeFileSync(join(folder, 'full'), Buffer.alloc(100_000, 1));
    writeFileSync(join(folder, 'hole'), '');
    truncateSync(join(folder, 'hole'), 1_000_000);
    symlinkSync('/usr', join(folder, 'link'));
    const bytes = await folderBytes(folder);
    expect(bytes).toBeGreaterThanOrEqual(1_100_000);
    expect(bytes).toBeLessThan(1_150_000);
  });

  it('are none in a folder that is gone', async () => {
    expect(await folderBytes('/nonexistent')).toBe(0);
  });

  it('are without end in one too deep to be looked at, which can be deleted nevertheless', async () => {
    const folder = temporary();
    execFileSync('sh', [
      '-c',
      'cd "$1"; for i in $(seq 60); do mkdir $2; cd -P $2; done',
      'sh',
      folder,
      'x'.repeat(100),
    ]);
    expect(await folderBytes(folder)).toBe(Infinity);
    await deleteFolder(folder);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('an environment as a script', () => {
  it('gives a shell exactly the values, whatever is in them', () => {
    const environment = {
      PLAIN: 'a',
      QUOTES: `'"\`$HOME\\'`,
      LINES: '\na\n\n',
      EMPTY: '',
      WIDE: 'Ω 🎉',
      DASH: '-n',
    };
    const { stdout } = spawnSync('sh', ['-c', 'eval "$(cat)"; exec env -0'], {
      input: environmentScript(environment),
      env: {},
    });
    const found = Object.fromEntries(
      stdout
        .toString()
        .split('\0')
        .map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
    );
    expect(found).toMatchObject(environment);
  });
});

describe('hard limits of a process', () => {
  it('are read by name, and unlimited ones are none', () => {
    const limits = hardLimits(
      [
        'Limit                     Soft Limit           Hard Limit           Units     ',
        'Max file size             unlimited            unlimited            bytes     ',
        'Max processes             1000                 96365                processes ',
        'Max open files            1024                 524288               files     ',
      ].join('\n'),
    );
    expect([...limits]).toEqual([
      ['Max processes', 96_365],
      ['Max open files', 524_288],
    ]);
  });
});

describe("the sentence for a job's owner", () => {
  it('says how it ended and what would help', () => {
    expect(explain('EXITED', LIMITS, { exitCode: 3, signal: null }, 0)).toBe('The program exited with 3.');
    expect(explain('EXITED', LIMITS, { exitCode: null, signal: 'SIGSEGV' }, 0)).toBe(
      'The program was ended by SIGSEGV.',
    );
    expect(explain('MEMORY_LIMIT', LIMITS, undefined, 0)).toBe(
      'It used more than the 128 MiB of memory it asked for; ask for more.',
    );
    expect(explain('TIME_LIMIT', LIMITS, undefined, 2)).toMatch(
      /90 s; ask for more time. 2 of its processes could not be killed.$/,
    );
  });
});

describe('a stopwatch', () => {
  it('counts no time while it is halted', async () => {
    const watch = new Stopwatch();
    watch.stop();
    const before = watch.elapsedMs();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(watch.elapsedMs()).toBe(before);
    watch.start();
    watch.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(watch.elapsedMs()).toBeGreaterThan(before + 15);
    expect(watch.elapsedMs()).toBeLessThan(before + 1_000);
  });
});

function temporary(): string {
  const folder = mkdtempSync(join(process.env['KONTOR_TEST_FOLDER'] ?? tmpdir(), 'kontor-parts-'));
  mkdirSync(join(folder, 'work'));
  return folder;
}
