import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { glibcVersion, isOnPath, machineFault } from './machine.mjs';

describe('a machine', () => {
  it('will do when it is Linux and has what the engine starts jobs with', () => {
    expect(machineFault('linux', '2.36', () => true)).toBeUndefined();
    expect(machineFault(process.platform, glibcVersion(), isOnPath)).toBeUndefined();
  });

  it.each(['darwin', 'win32', 'freebsd'])('of %s is refused in one sentence', (platform) => {
    expect(machineFault(platform, undefined, () => true)).toMatch(`and this is ${platform}: use a Linux machine`);
  });

  it('without glibc is refused in one sentence', () => {
    expect(machineFault('linux', undefined, () => true)).toMatch(
      /needs a Linux with the C library glibc.*: use one such as Debian\.$/,
    );
  });

  it('without these tools is told which are missing and what to install', () => {
    expect(machineFault('linux', '2.36', (tool: string) => tool !== 'prlimit')).toBe(
      'Kontor needs prlimit, not found on the path: install util-linux.',
    );
    expect(machineFault('linux', '2.36', () => false)).toMatch(
      /needs prlimit, setpriv, taskset, flock, mkfifo, .*: install util-linux and coreutils\.$/,
    );
  });

  it.each([
    ['npm start', ['start.mjs']],
    ['npm test', ['../run.mjs', 'tools/test/check-everything.ts']],
  ])('is looked at before anything else: %s without the tools installs nothing', (_, [script = '', ...args]) => {
    const path = mkdtempSync(join(tmpdir(), 'kontor-path-'));
    symlinkSync(process.execPath, join(path, 'node'));
    const program = fileURLToPath(new URL(script, import.meta.url));
    const { status, stderr } = spawnSync(join(path, 'node'), [program, ...args], {
      env: { PATH: path },
      encoding: 'utf8',
    });
    rmSync(path, { recursive: true });
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 1,
      stderr: machineFault('linux', '2.36', () => false),
    });
  });
});
