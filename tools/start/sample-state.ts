import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';

/**
 * Names under which the sample is created. They are chosen and kept before anything is sent, so that a start that is
 * killed in between goes on with the same job, grant and proposal, and nothing exists twice.
 */
export interface SampleState {
  jobId: string;
  /** Of the transfer that grants it credits, and of its proposal to a programme. */
  ids: { grant: string; proposal: string };
  done: boolean;
}

const fileOf = (home: string) => join(home, 'sample.json');

/** What was kept, or fresh names, which are kept at once. */
export function readSample(home: string): SampleState {
  if (existsSync(fileOf(home))) return JSON.parse(readFileSync(fileOf(home), 'utf8')) as SampleState;
  return keepSample(home, { jobId: v7(), ids: { grant: v7(), proposal: v7() }, done: false });
}

export function keepSample(home: string, state: SampleState): SampleState {
  writeFileSync(`${fileOf(home)}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${fileOf(home)}.new`, fileOf(home));
  return state;
}
