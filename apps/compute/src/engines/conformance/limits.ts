import { expect, it } from '@jest/globals';
import { Observation_End as End } from '@kontor/contracts/engine/v1/engine';
import { eventually } from '@kontor/testing/eventually';
import type { Bench } from './bench.ts';
import { HIDDEN_MEMORY } from './hidden-memory.ts';

const MIB = 1024n * 1024n;

export function limitCases(bench: Bench): void {
  it('ends a job at its time limit', async () => {
    const { observation } = await bench.run('sleep 30', { timeLimitMs: 1000n, graceMs: 0n });
    expect(observation.end).toBe(End.TIME_LIMIT);
    expect(Number(observation.usage?.elapsedMs)).toBeGreaterThanOrEqual(1000);
    expect(Number(observation.usage?.elapsedMs)).toBeLessThan(2500);
  });

  it('ends a job that takes more memory than it asked for', async () => {
    const jobId = await bench.submit({
      command: ['node', '-e', 'const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 5)'],
      memoryBytes: 160n * MIB,
    });
    const { end, detail } = await bench.ended(jobId);
    expect(End[end]).toBe('MEMORY_LIMIT');
    expect(detail).toMatch(/160 MiB/);
  });

  it('counts the memory of all processes of a job together', async () => {
    const one = `node -e 'const kept = Buffer.alloc(6e7, 1); setTimeout(() => kept, 3e4)'`;
    const { observation } = await bench.run(`${one} & ${one} & ${one} & wait; sleep 30`, { memoryBytes: 200n * MIB });
    expect(End[observation.end]).toBe('MEMORY_LIMIT');
  });

  it.each(HIDDEN_MEMORY)('ends a job that keeps more in memory than it asked for, in %s', async (_, text) => {
    const { observation } = await bench.run(text, { memoryBytes: 128n * MIB, diskBytes: 512n * MIB });
    expect(End[observation.end]).toBe('MEMORY_LIMIT');
  });

  it.each([
    ['one big file', 'head -c 30000000 /dev/zero > big; sleep 30'],
    ['many small files', 'i=0; while :; do i=$((i+1)); head -c 100000 /dev/zero > f$i; done'],
    ['a file that it deleted and kept open', 'exec 3> big; rm big; head -c 30000000 /dev/zero >&3; sleep 30'],
    [
      'a folder in a folder in a folder',
      'while :; do mkdir 0123456789012345678901234567890123456789; cd 0123456789012345678901234567890123456789; done',
    ],
    [
      'a file in a folder that may be read and not entered',
      'mkdir d; head -c 5000000 /dev/zero > d/x; chmod 400 d; sleep 30',
    ],
    ['a file in a folder that it locked', 'mkdir d; head -c 5000000 /dev/zero > d/x; chmod 000 d; sleep 30'],
  ])('ends a job whose folder holds too much: %s', async (_, text) => {
    const { observation } = await bench.run(text, { diskBytes: 3n * MIB });
    expect(End[observation.end]).toBe('DISK_LIMIT');
  });

  it('lets no job end well with more in its folder than it asked for', async () => {
    const { observation } = await bench.run('for i in 1 2 3 4; do head -c 1000000 /dev/zero > f$i; done', {
      diskBytes: 3n * MIB,
    });
    expect(End[observation.end]).toBe('DISK_LIMIT');
  });

  it('holds a job to the cores that it asked for, or says that it does not', async () => {
    const { isolationDetail } = await bench.engine.getCapacity({});
    const spin = 'while [ $(date +%s) -lt $e ]; do :; done';
    const { observation } = await bench.run(
      `e=$(($(date +%s) + 3)); taskset -pc 0-1023 $$ > /dev/null; (${spin}) & (${spin}) & (${spin}); wait`,
    );
    const { cpuMs, elapsedMs } = observation.usage!;
    const held = Number(cpuMs) < 1.2 * Number(elapsedMs);
    expect(held || isolationDetail.includes('Cores are advisory')).toBe(true);
  });

  it('measures what a job uses: never less than before, and about what it did', async () => {
    const jobId = await bench.script(
      'head -c 1000000 /dev/zero > file; echo ready; e=$(($(date +%s) + 2)); while [ $(date +%s) -lt $e ]; do :; done',
    );
    await bench.prints(jobId, 'ready');
    const seen = [await bench.observe(jobId)];
    await eventually(
      'the job has ended',
      async () => {
        seen.push(await bench.observe(jobId));
        return seen.at(-1)!.end === End.EXITED;
      },
      { withinMs: 10_000, everyMs: 100 },
    );
    for (const field of ['elapsedMs', 'cpuMs', 'memoryBytesMax', 'logBytes'] as const) {
      const values = seen.map(({ usage }) => Number(usage?.[field]));
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    const usage = seen.at(-1)!.usage!;
    expect(Number(usage.elapsedMs)).toBeGreaterThan(900);
    expect(Number(usage.cpuMs)).toBeGreaterThan(100);
    expect(Number(usage.cpuMs)).toBeLessThan(Number(usage.elapsedMs) * 1.5);
    expect(Number(usage.memoryBytesMax)).toBeGreaterThan(500_000);
    expect(Number(usage.diskBytes)).toBeGreaterThanOrEqual(1_000_000);
    expect(usage.logBytes).toBe(6n);
  });
}
