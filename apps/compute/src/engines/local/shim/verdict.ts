import type { End, Limits } from '../job-folder.ts';

/** What a job uses at one moment. */
export interface Sample {
  /** Since its start, without pauses. */
  elapsedMs: number;
  memoryBytes: number;
  diskBytes: number;
  processes: number;
  /** The kernel has killed one of its processes for want of memory. */
  outOfMemory: boolean;
}

/** What to do with it: let it run, tell it that its end is near, or end it. */
export type Verdict = { act: 'run' } | { act: 'notice' | 'kill'; end: End };

/**
 * Decides about a running job. Its time ends with its limit or its cover, whichever comes first; notice is given one
 * grace before, unless the grace is as long as all its time.
 *
 * @param coverMs elapsed time that is paid for
 */
export function verdict(sample: Sample, limits: Limits, coverMs: number): Verdict {
  if (sample.outOfMemory || sample.memoryBytes > limits.memoryBytes) return { act: 'kill', end: 'MEMORY_LIMIT' };
  if (sample.diskBytes > limits.diskBytes) return { act: 'kill', end: 'DISK_LIMIT' };
  if (sample.processes > limits.processes) return { act: 'kill', end: 'PROCESS_LIMIT' };
  const { endMs, noticeMs, end } = timeOf(limits, coverMs);
  if (sample.elapsedMs >= endMs) return { act: 'kill', end };
  if (sample.elapsedMs >= noticeMs) return { act: 'notice', end };
  return { act: 'run' };
}

/** Milliseconds until time alone changes the verdict; infinite once notice has been given and the end is there. */
export function untilNextMs(elapsedMs: number, limits: Limits, coverMs: number): number {
  const { endMs, noticeMs } = timeOf(limits, coverMs);
  return Math.min(...[noticeMs, endMs].filter((at) => at > elapsedMs).map((at) => at - elapsedMs));
}

function timeOf({ timeMs, graceMs }: Limits, coverMs: number): { endMs: number; noticeMs: number; end: End } {
  const endMs = Math.min(timeMs, coverMs);
  const noticeMs = graceMs < endMs ? endMs - graceMs : endMs;
  return { endMs, noticeMs, end: timeMs <= coverMs ? 'TIME_LIMIT' : 'COVER_ENDED' };
}
