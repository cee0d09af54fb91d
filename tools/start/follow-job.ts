import { setTimeout as sleep } from 'node:timers/promises';
import type { Rest } from './rest.ts';
import { StartFault } from './start-fault.ts';

/** As much of a job as is looked at. */
export interface Job {
  state: string;
  /** One sentence: why it is where it is. */
  detail?: string;
}

export interface Following {
  /** Told where the job is: why it waits, or the last line that it printed. */
  detail(text: string): void;
  signal: AbortSignal;
  /** How long it may wait for its place. */
  queuedMs: number;
  pollMs?: number;
}

const POLL_MS = 500;
const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/**
 * Watches a job until it has ended, and answers how.
 *
 * @param path of the job, such as /v1/projects/…/jobs/…
 * @throws StartFault where it still waits for its place when its time for that is over
 */
export async function followJob(rest: Rest, path: string, following: Following): Promise<Job> {
  const { detail, signal, queuedMs, pollMs = POLL_MS } = following;
  const deadline = performance.now() + queuedMs;
  for (;;) {
    const job = (await rest.get(path)) as Job;
    const why = job.detail ?? '';
    if (ENDED.includes(job.state)) return job;
    if (job.state === 'QUEUED' && performance.now() > deadline) {
      throw new StartFault(
        `It has waited ${queuedMs / 1000} s for its place: ${why}`,
        'It runs once it has one, and the next start tells what came of it.',
      );
    }
    const printed = job.state === 'RUNNING' ? await rest.text(`${path}/logs/stdout`).catch(() => '') : why;
    detail(`${job.state} ${printed.trim().split('\n').at(-1) ?? ''}`.trim());
    await sleep(pollMs, undefined, { signal });
  }
}
