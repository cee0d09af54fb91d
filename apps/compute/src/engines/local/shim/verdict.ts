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

/** What to do with it: let it run, have it write down where it stands, tell it that its end is near, or end it. */
export type Verdict = { act: 'run' | 'checkpoint' } | { act: 'notice' | 'kill'; end: End };

/**
 * Decides about a running job. Its time ends with its limit or its cover, whichever comes first; notice is given one
 * grace before, unless the grace is as long as all its time, and the checkpoint signal as long before the notice as the
 * job wants, unless that were before its start: a program that is only starting would die of it.
 *
 * @param coverMs elapsed time that is paid for
 */
export function verdict(sample: Sample, limits: Limits, coverMs: number): Verdict {
  if (sample.outOfMemory || sample.memoryBytes > limits.memoryBytes) return { act: 'kill', end: 'MEMORY_LIMIT' };
  if (sample.diskBytes > limits.diskBytes) return { act: 'kill', end: 'DISK_LIMIT' };
  if (sample.processes > limits.processes) return { act: 'kill', end: 'PROCESS_LIMIT' };
  const { endMs, noticeMs, checkpointMs, end } = timeOf(limits, coverMs);
  if (sample.elapsedMs >= endMs) return { act: 'kill', end };
  if (sample.elapsedMs >= noticeMs) return { act: 'notice', end };
  if (sample.elapsedMs >= checkpointMs) return { act: 'checkpoint' };
  return { act: 'run' };
}

/** Milliseconds until time alone changes the verdict; infinite once notice has been given and the end is there. */
export function untilNextMs(elapsedMs: number, limits: Limits, coverMs: number): number {
  const { endMs, noticeMs, checkpointMs } = timeOf(limits, coverMs);
  return Math.min(...[checkpointMs, noticeMs, endMs].filter((at) => at > elapsedMs).map((at) => at - elapsedMs));
}

interface Times {
  checkpointMs: number;
  noticeMs: number;
  endMs: number;
  end: End;
}

function timeOf({ timeMs, graceMs, checkpointMs: ahead = 0 }: Limits, coverMs: number): Times {
  const endMs = Math.min(timeMs, coverMs);
  const noticeMs = graceMs < endMs ? endMs - graceMs : endMs;
  const checkpointMs = ahead < noticeMs ? noticeMs - ahead : noticeMs;
  return { checkpointMs, noticeMs, endMs, end: timeMs <= coverMs ? 'TIME_LIMIT' : 'COVER_ENDED' };
}
