import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { isOnPath, machineFault } from './machine.mjs';

describe('a machine', () => {
  it('will do when it is Linux and has what the engine starts jobs with', () => {
    expect(machineFault('linux', () => true)).toBeUndefined();
    expect(machineFault(process.platform, isOnPath)).toBeUndefined();
  });

  it.each(['darwin', 'win32', 'freebsd'])('of %s is refused in one sentence', (platform) => {
    expect(machineFault(platform, () => true)).toMatch(`and this is ${platform}: use a Linux machine`);
  });

  it('without these tools is told which are missing and what to install', () => {
    expect(machineFault('linux', (tool: string) => tool !== 'prlimit')).toBe(
      'Kontor needs prlimit, not found on the path: install util-linux.',
    );
    expect(machineFault('linux', () => false)).toMatch(
      /needs prlimit, setpriv, taskset, flock, mkfifo, .*: install util-linux and coreutils\.$/,
    );
  });

  it('is looked at before anything else: npm start without the tools installs nothing', () => {
    const path = mkdtempSync(join(tmpdir(), 'kontor-path-'));
    symlinkSync(process.execPath, join(path, 'node'));
    const start = fileURLToPath(new URL('start.mjs', import.meta.url));
    const { status, stderr } = spawnSync(join(path, 'node'), [start], { env: { PATH: path }, encoding: 'utf8' });
    rmSync(path, { recursive: true });
    expect({ status, stderr: stderr.trim() }).toEqual({ status: 1, stderr: machineFault('linux', () => false) });
  });
});
