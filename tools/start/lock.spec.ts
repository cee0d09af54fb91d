import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '@kontor/testing/child';
import { lock } from './lock.ts';

const MODULE = new URL('lock.ts', import.meta.url).href;
const PROGRAM = (file: string) => `
  const { lock } = await import(${JSON.stringify(MODULE)});
  try { await lock(${JSON.stringify(file)}); console.log('mine'); setInterval(() => 0, 1e6); }
  catch (error) { console.log(error.message, error.help); }`;

describe('the lock of a folder', () => {
  it('belongs to one at a time, and is free when that one gives it up', async () => {
    using folder = setup();
    const release = await lock(folder.file);
    await expect(lock(folder.file)).rejects.toThrow(`Kontor already runs in ${folder.base} (process ${process.pid}).`);
    release();
    (await lock(folder.file))();
  });

  it('tells who holds it and what helps', async () => {
    using folder = setup();
    await using first = folder.rival();
    await first.prints(/mine/);
    await using second = folder.rival();
    await second.prints(new RegExp(`process ${first.pid}.*Stop it with Ctrl-C.*KONTOR_HOME`));
  });

  it('of a process that was killed is free', async () => {
    using folder = setup();
    await using first = folder.rival();
    await first.prints(/mine/);
    first.kill('SIGKILL');
    await first.exited;
    (await lock(folder.file))();
  });

  it('is won by exactly one of many that want it', async () => {
    using folder = setup();
    const rivals = Array.from({ length: 6 }, () => folder.rival());
    await Promise.all(rivals.map((rival) => rival.prints(/mine|already runs/)));
    expect(rivals.filter((rival) => rival.output().includes('mine'))).toHaveLength(1);
    for (const rival of rivals) await rival[Symbol.asyncDispose]();
  });
});

function setup() {
  const base = mkdtempSync(join(tmpdir(), 'kontor-lock-'));
  const file = join(base, 'run', 'start.lock');
  return {
    base,
    file,
    /** Another process that wants the lock. */
    rival: () => startChild(process.execPath, ['--input-type=module', '-e', PROGRAM(file)]),
    [Symbol.dispose]: () => rmSync(base, { recursive: true }),
  };
}
