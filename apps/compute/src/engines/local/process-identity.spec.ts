import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { identify, isAlive, signal, statFields } from './process-identity.ts';

describe('the identity of a process', () => {
  it('is its own for as long as it lives', async () => {
    const child = spawn('sleep', ['30']);
    const identity = identify(child.pid!)!;
    expect(identify(child.pid!)).toEqual(identity);
    expect(isAlive(identity)).toBe(true);
    expect(signal(identity, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
    expect(signal(identity, 'SIGKILL')).toBe(false);
  });

  it('is not that of another process that has its number, nor of one before the machine was restarted', () => {
    const identity = identify(process.pid)!;
    expect(isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false);
    expect(isAlive({ ...identity, bootId: 'another life' })).toBe(false);
    expect(signal({ ...identity, startTicks: 1 }, 'SIGKILL')).toBe(false);
  });

  it('is read right whatever the process calls itself', () => {
    const rest = Array.from({ length: 50 }, (_, index) => index + 3).join(' ');
    expect(statFields(`7 (a) b (c)) ${rest}`)).toEqual({
      state: '3',
      parentPid: 4,
      cpuTicks: 14 + 15 + 16 + 17,
      threads: 20,
      startTicks: 22,
      residentPages: 24,
    });
  });
});
