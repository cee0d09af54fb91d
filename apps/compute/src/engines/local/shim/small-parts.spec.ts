import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { deleteFolder } from './delete-folder.ts';
import { explain } from './explain.ts';
import { folderBytes } from './folder-bytes.ts';
import { hardLimits } from './resource-limits.ts';
import { environmentScript } from './run-scripts.ts';
import { Stopwatch } from './stopwatch.ts';

const isRoot = process.getuid?.() === 0;
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

  it('are counted whatever their names are, and also in a folder that was locked', async () => {
    const folder = temporary();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/work/`), Buffer.from([0xff, 0xfe])]), Buffer.alloc(100_000, 1));
    writeFileSync(join(folder, 'work', 'plain'), Buffer.alloc(100_000, 1));
    for (const mode of [0o000, 0o400]) {
      chmodSync(join(folder, 'work'), mode);
      expect(await asNobody(folder, () => folderBytes(folder))).toBeGreaterThanOrEqual(200_000);
    }
  });

  it('are without end where a lock cannot be opened', async () => {
    const folder = temporary();
    chmodSync(join(folder, 'work'), 0o000);
    if (isRoot) expect(await asNobody(undefined, () => folderBytes(folder))).toBe(Infinity);
  });

  it('are counted name by name, however many there are', async () => {
    const folder = temporary();
    const walk = `
      import { folderBytes } from '${import.meta.resolve('./folder-bytes.ts')}';
      import { deleteFolder } from '${import.meta.resolve('./delete-folder.ts')}';
      console.log(String(await folderBytes(process.argv[1])));
      await deleteFolder(process.argv[1]);`;
    for (let n = 0; n < 40_000; n++) writeFileSync(join(folder, `${n}`.padStart(250, 'x')), '');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=12', '--max-semi-space-size=1', '--input-type=module-typescript', '-e', walk, folder],
      { env: { ...process.env, NODE_OPTIONS: '--conditions=@kontor/source --no-warnings' }, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(Number(stdout)).toBeGreaterThanOrEqual(40_000 * 256);
    expect(existsSync(folder)).toBe(false);
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

/** Does something as a user without privileges, who owns a folder and what is in it. */
async function asNobody<T>(folder: string | undefined, act: () => Promise<T>): Promise<T> {
  if (!isRoot) return act();
  if (folder) execFileSync('chown', ['-R', '65534:65534', folder]);
  process.seteuid!(65534);
  try {
    return await act();
  } finally {
    process.seteuid!(0);
  }
}

function temporary(): string {
  const folder = mkdtempSync(join(process.env['KONTOR_TEST_FOLDER'] ?? tmpdir(), 'kontor-parts-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'work'));
  return folder;
}
