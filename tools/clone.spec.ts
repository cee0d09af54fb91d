import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startChild } from '@kontor/testing/child';
import { eventually } from '@kontor/testing/eventually';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { openLock } from './lock.mjs';
import { copyClone } from './start/copy-clone.ts';

/** Takes its time, as npm does, and leaves what says that it has finished. */
const NPM = `#!/bin/sh
echo "begun $*" >> npm.log; sleep 1
cp installed.json node_modules/.package-lock.json; echo ended >> npm.log`;
const BEGUN = 'begun ci --include=dev --include=optional --no-audit --no-fund\n';
const GOES_ON = /There is nothing called \(nothing\) to verify/;

describe('the packages of a clone', () => {
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  it('are installed once where two commands find them missing, with all that building and running need', async () => {
    const clone = setup();
    await using first = clone.command();
    await using second = clone.command();
    await Promise.all([first.prints(GOES_ON), second.prints(GOES_ON)]);
    expect(clone.log()).toBe(`${BEGUN}ended\n`);
  });

  it('are not installed while the npm of a killed command is still at it', async () => {
    const clone = setup();
    await using killed = clone.command();
    await eventually('npm has begun', () => clone.log() === BEGUN, { withinMs: 10_000 });
    killed.kill('SIGKILL');
    await using next = clone.command();
    await next.prints(GOES_ON);
    expect(clone.log()).toBe(`${BEGUN}ended\n`);
  });

  it('stay as they are beneath a process that runs from them', async () => {
    const clone = setup();
    const running = openLock(join(clone.folder, '.in-use'));
    await running.take('shared');
    await using refused = clone.command();
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain('Stop it and run this again, or work in another clone.');
    expect(clone.log()).toBe('');
    running.release();
  });

  /** A clone after a pull that changed the locked packages. */
  function setup() {
    const folder = mkdtempSync(join(tmpdir(), 'kontor-clone-'));
    folders.push(folder);
    copyClone(folder);
    const installed = join(folder, 'node_modules', '.package-lock.json');
    writeFileSync(join(folder, 'installed.json'), readFileSync(installed));
    rmSync(installed);
    const bin = join(folder, 'fake-bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), NPM);
    chmodSync(join(bin, 'npm'), 0o755);
    const env = { NODE_OPTIONS: '', PATH: [bin, process.env['PATH']].join(delimiter) };
    return {
      folder,
      command: () => startChild(process.execPath, ['tools/run.mjs', 'tools/verify/verify.ts'], env, folder),
      log: () => readIfThere(join(folder, 'npm.log')),
    };
  }
});
