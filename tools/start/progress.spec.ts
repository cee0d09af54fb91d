import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProgress } from './progress.ts';

describe('progress', () => {
  it('in a file or a pipe is one line for each step, with its seconds', async () => {
    using place = setup(false);
    await place.progress.step('building', async (detail) => detail('3 of 5'));
    expect(place.shown()).toMatch(/^✓ building, \d\.\d s\n$/);
  });

  it('on a terminal moves while a step runs, and leaves one line when it has ended', async () => {
    using place = setup(true);
    await place.progress.step('building', async (detail) => {
      detail('3 of 5');
      await sleep(250);
    });
    expect(place.shown()).toMatch(/\r\x1b\[K⠋ building, 0\.1 s {2}3 of 5/);
    expect(place.shown()).toMatch(/\r\x1b\[K✓ building, 0\.\d s\n$/);
  });

  it('tells which step failed and passes on why', async () => {
    using place = setup(false);
    await expect(place.progress.step('building', () => Promise.reject(new Error('no compiler')))).rejects.toThrow(
      'no compiler',
    );
    expect(place.shown()).toMatch(/^✗ building, /);
  });

  it('is all in the log, with what is too much for the screen', async () => {
    using place = setup(false);
    await place.progress.step('building', async () => place.progress.note('  a line of the compiler'));
    expect(place.logged()).toMatch(/Z … building\n.*Z {3}a line of the compiler\n.*Z ✓ building, /);
  });

  it('goes on without its log where the disk is full', async () => {
    using place = setup(false, '/dev/full');
    await place.progress.step('building', async () => place.progress.note('a line of the compiler'));
    expect(place.shown()).toMatch(/^✓ building, /);
  });

  it('shows a person what no log may hold', () => {
    using place = setup(false);
    place.progress.say('the token follows');
    place.progress.show('s3cret');
    expect(place.shown()).toBe('the token follows\ns3cret\n');
    expect(place.logged()).not.toContain('s3cret');
  });
});

function setup(isTTY: boolean, log?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-progress-'));
  const out = Object.assign(new PassThrough(), { isTTY, columns: 80 }) as PassThrough & NodeJS.WriteStream;
  let shown = '';
  out.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const file = log ?? join(folder, 'logs', 'start.log');
  return {
    progress: makeProgress(file, out),
    shown: () => shown,
    logged: () => readFileSync(file, 'utf8'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
