import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { controlGroup, hierarchies } from './control-group.ts';

describe('control group hierarchies', () => {
  it('are found of both versions, with this process in them', () => {
    const mountinfo = [
      '25 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      '32 31 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
      '40 31 0:36 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    ].join('\n');
    const cgroup = '4:memory:/session/a\n2:cpu,cpuacct:/\n0::/init.scope\n';
    expect(hierarchies(mountinfo, cgroup)).toMatchObject([
      { version: 1, own: '/sys/fs/cgroup/memory/session/a' },
      { version: 1, own: '/sys/fs/cgroup/cpu,cpuacct' },
      { version: 2, own: '/sys/fs/cgroup/unified/init.scope' },
    ]);
  });

  it('are found in a container that sees only its part', () => {
    const mountinfo = '32 31 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory';
    expect(hierarchies(mountinfo, '4:memory:/docker/abc/job\n')[0]?.own).toBe('/sys/fs/cgroup/memory/job');
  });
});

describe('a control group of version 2 in a delegated folder', () => {
  it('limits memory without swap and cores, and tells processor time and lost processes', () => {
    const place = delegated();
    const group = controlGroup('job-1', { memoryBytes: 64_000_000, cores: 3 }, place)!;
    const folder = join(place, 'kontor', 'job-1');
    expect(group.joins).toEqual([join(folder, 'cgroup.procs')]);
    expect(readFileSync(join(folder, 'memory.max'), 'utf8')).toBe('64000000');
    expect(readFileSync(join(folder, 'memory.swap.max'), 'utf8')).toBe('0');
    expect(readFileSync(join(folder, 'cpu.max'), 'utf8')).toBe('300000 100000');
    expect([group.limitsCores, group.outOfMemory()]).toEqual([true, false]);
    writeFileSync(join(folder, 'cpu.stat'), 'usage_usec 1234567\nuser_usec 1\n');
    writeFileSync(join(folder, 'memory.events'), 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n');
    expect(group.cpuMs()).toBe(1234);
    expect(group.outOfMemory()).toBe(true);
  });

  /** A folder that looks like one that the memory controller is delegated to. */
  function delegated(): string {
    const place = mkdtempSync(join(process.env['KONTOR_TEST_FOLDER'] ?? tmpdir(), 'kontor-cgroup-'));
    mkdirSync(join(place, 'kontor'));
    for (const folder of [place, join(place, 'kontor')])
      writeFileSync(join(folder, 'cgroup.subtree_control'), 'cpu memory');
    return place;
  }
});
