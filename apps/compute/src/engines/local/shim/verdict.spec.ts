import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Limits } from '../job-folder.ts';
import { untilNextMs, verdict, type Sample } from './verdict.ts';

describe('the verdict on a running job', () => {
  it('is to let it run while it keeps its limits', () => {
    expect(verdict(sample(), limits(), 60_000)).toEqual({ act: 'run' });
  });

  it.each<[string, Partial<Sample>, string]>([
    ['memory', { memoryBytes: 101 }, 'MEMORY_LIMIT'],
    ['memory, as the kernel saw it', { outOfMemory: true }, 'MEMORY_LIMIT'],
    ['disk', { diskBytes: 201 }, 'DISK_LIMIT'],
    ['disk that cannot be measured', { diskBytes: Infinity }, 'DISK_LIMIT'],
    ['processes', { processes: 11 }, 'PROCESS_LIMIT'],
  ])('is to kill it at once for too much %s', (_, over, end) => {
    expect(verdict(sample(over), limits(), 60_000)).toEqual({ act: 'kill', end });
  });

  it('lets it use exactly what it asked for', () => {
    expect(verdict(sample({ memoryBytes: 100, diskBytes: 200, processes: 10 }), limits(), 60_000)).toEqual({
      act: 'run',
    });
  });

  it.each([
    [6_999, 10_000, { act: 'run' }],
    [7_000, 10_000, { act: 'notice', end: 'COVER_ENDED' }],
    [9_999, 10_000, { act: 'notice', end: 'COVER_ENDED' }],
    [10_000, 10_000, { act: 'kill', end: 'COVER_ENDED' }],
    [27_000, 90_000, { act: 'notice', end: 'TIME_LIMIT' }],
    [30_000, 90_000, { act: 'kill', end: 'TIME_LIMIT' }],
  ])('after %d ms with cover for %d ms is %o', (elapsedMs, coverMs, expected) => {
    expect(verdict(sample({ elapsedMs }), limits(), coverMs)).toEqual(expected);
  });

  it.each([
    [4_999, 10_000, { act: 'run' }],
    [5_000, 10_000, { act: 'checkpoint' }],
    [6_999, 10_000, { act: 'checkpoint' }],
    [7_000, 10_000, { act: 'notice', end: 'COVER_ENDED' }],
    [24_999, 90_000, { act: 'run' }],
    [25_000, 90_000, { act: 'checkpoint' }],
    [27_000, 90_000, { act: 'notice', end: 'TIME_LIMIT' }],
  ])('after %d ms of %d covered, for a job that wants 2 s for a checkpoint before the notice, is %o', (...row) => {
    const [elapsedMs, coverMs, expected] = row;
    expect(verdict(sample({ elapsedMs }), { ...limits(), checkpointMs: 2_000 }, coverMs)).toEqual(expected);
  });

  it('asks for no checkpoint before a program can have begun', () => {
    const wants = { ...limits(), checkpointMs: 7_000 };
    expect(verdict(sample({ elapsedMs: 0 }), wants, 10_000).act).toBe('run');
    expect(verdict(sample({ elapsedMs: 6_999 }), wants, 10_000).act).toBe('run');
    expect(verdict(sample({ elapsedMs: 7_000 }), wants, 10_000).act).toBe('notice');
  });

  it('takes a notice back when cover is extended', () => {
    expect(verdict(sample({ elapsedMs: 8_000 }), limits(), 10_000).act).toBe('notice');
    expect(verdict(sample({ elapsedMs: 8_000 }), limits(), 20_000).act).toBe('run');
  });

  it('gives no notice where the grace is as long as all the time there is', () => {
    expect(verdict(sample({ elapsedMs: 2_999 }), limits(), 3_000)).toEqual({ act: 'run' });
    expect(verdict(sample({ elapsedMs: 3_000 }), limits(), 3_000)).toEqual({ act: 'kill', end: 'COVER_ENDED' });
  });

  it('changes exactly when it said it would', () => {
    fc.assert(
      fc.property(fc.nat(40_000), fc.integer({ min: 1, max: 40_000 }), notices, (elapsedMs, coverMs, notice) => {
        const of = (at: number) => verdict(sample({ elapsedMs: at }), { ...limits(), ...notice }, coverMs).act;
        const nextMs = untilNextMs(elapsedMs, { ...limits(), ...notice }, coverMs);
        if (nextMs === Infinity) return of(elapsedMs) === 'kill';
        return of(elapsedMs + nextMs - 1) === of(elapsedMs) && of(elapsedMs + nextMs) !== of(elapsedMs);
      }),
    );
  });
});

const notices = fc.record({ graceMs: fc.nat(5_000), checkpointMs: fc.nat(5_000) });
const sample = (over: Partial<Sample> = {}): Sample => ({
  elapsedMs: 0,
  memoryBytes: 0,
  diskBytes: 0,
  processes: 1,
  outOfMemory: false,
  ...over,
});
const limits = (): Limits => ({
  memoryBytes: 100,
  diskBytes: 200,
  processes: 10,
  logBytes: 1024,
  timeMs: 30_000,
  graceMs: 3_000,
});
