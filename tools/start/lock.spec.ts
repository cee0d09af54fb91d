import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '@kontor/testing/child';
import { lock } from './lock.ts';
import { identify } from './process-identity.ts';

const MODULE = new URL('lock.ts', import.meta.url).href;
const PROGRAM = (file: string) => `
  const { lock } = await import(${JSON.stringify(MODULE)});
  try { lock(${JSON.stringify(file)}); console.log('mine'); setInterval(() => 0, 1e6); }
  catch (error) { console.log(error.message, error.help); }`;

describe('the lock of a folder', () => {
  it('belongs to one at a time, and is free when that one gives it up', () => {
    using folder = setup();
    const release = lock(folder.file);
    expect(() => lock(folder.file)).toThrow(`Kontor already runs in ${folder.base} (process ${process.pid}).`);
    release();
    lock(folder.file)();
    expect(existsSync(folder.file)).toBe(false);
  });

  it('tells who holds it and what helps', async () => {
    using folder = setup();
    await using first = startChild(process.execPath, ['--input-type=module', '-e', PROGRAM(folder.file)]);
    await first.prints(/mine/);
    await using second = startChild(process.execPath, ['--input-type=module', '-e', PROGRAM(folder.file)]);
    await second.prints(new RegExp(`process ${first.pid}.*Stop it with Ctrl-C.*KONTOR_HOME`));
  });

  it('of a process that was killed is taken over', async () => {
    using folder = setup();
    await using first = startChild(process.execPath, ['--input-type=module', '-e', PROGRAM(folder.file)]);
    await first.prints(/mine/);
    first.kill('SIGKILL');
    await first.exited;
    lock(folder.file)();
  });

  it('of a dead process is taken over although another program has its number now', () => {
    using folder = setup();
    const stale = identify(process.ppid).replace(/^(\d+) \d+/, '$1 1');
    writeFileSync(folder.file, stale);
    lock(folder.file)();
  });

  it('left dead is won by exactly one of many that want it', async () => {
    using folder = setup();
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(folder.file, identify(pid));
    const rivals = Array.from({ length: 6 }, () =>
      startChild(process.execPath, ['--input-type=module', '-e', PROGRAM(folder.file)]),
    );
    await Promise.all(rivals.map((rival) => rival.prints(/mine|already runs/)));
    expect(rivals.filter((rival) => rival.output().includes('mine'))).toHaveLength(1);
    for (const rival of rivals) await rival[Symbol.asyncDispose]();
    expect(readdirSync(folder.home)).toEqual(['start.lock']);
  });
});

function setup() {
  const base = mkdtempSync(join(tmpdir(), 'kontor-lock-'));
  const home = join(base, 'run');
  lock(join(home, 'warm-up'))();
  return { base, home, file: join(home, 'start.lock'), [Symbol.dispose]: () => rmSync(base, { recursive: true }) };
}
