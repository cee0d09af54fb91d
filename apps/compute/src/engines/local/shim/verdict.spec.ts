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
      fc.property(fc.nat(40_000), fc.integer({ min: 1, max: 40_000 }), fc.nat(5_000), (elapsedMs, coverMs, graceMs) => {
        const of = (at: number) => verdict(sample({ elapsedMs: at }), { ...limits(), graceMs }, coverMs).act;
        const nextMs = untilNextMs(elapsedMs, { ...limits(), graceMs }, coverMs);
        if (nextMs === Infinity) return of(elapsedMs) === 'kill';
        return of(elapsedMs + nextMs - 1) === of(elapsedMs) && of(elapsedMs + nextMs) !== of(elapsedMs);
      }),
    );
  });
});

const sample = (over: Partial<Sample> = {}): Sample =>
  ({ elapsedMs: 0, memoryBytes: 0, diskBytes: 0, processes: 1, outOfMemory: false, ...over });
const limits = (): Limits => ({
  memoryBytes: 100,
  diskBytes: 200,
  processes: 10,
  logBytes: 1024,
  timeMs: 30_000,
  graceMs: 3_000,
});
