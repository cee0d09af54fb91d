import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';

/**
 * Names under which the sample is created. They are chosen and kept before anything is sent, so that a start that is
 * killed in between goes on with the same job and the same grants, and nothing exists twice.
 */
export interface SampleState {
  projectId: string;
  jobId: string;
  /** One transfer for each asset of the project's budget. */
  grantIds: { credits: string; deviceTime: string; slots: string };
  done: boolean;
}

const fileOf = (home: string) => join(home, 'sample.json');

/** What was kept, or fresh names, which are kept at once. */
export function readSample(home: string): SampleState {
  if (existsSync(fileOf(home))) return JSON.parse(readFileSync(fileOf(home), 'utf8')) as SampleState;
  const grantIds = { credits: v7(), deviceTime: v7(), slots: v7() };
  return keepSample(home, { projectId: v7(), jobId: v7(), grantIds, done: false });
}

export function keepSample(home: string, state: SampleState): SampleState {
  writeFileSync(`${fileOf(home)}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${fileOf(home)}.new`, fileOf(home));
  return state;
}
