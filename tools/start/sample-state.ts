import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { StartFault } from './start-fault.ts';

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

/** What was kept, or fresh names, which are kept at once. Throws StartFault where what was kept is damaged. */
export function readSample(home: string): SampleState {
  if (!existsSync(fileOf(home)))
    return keepSample(home, { jobId: v7(), ids: { grant: v7(), proposal: v7() }, done: false });
  const kept = parse(readFileSync(fileOf(home), 'utf8'));
  const { jobId, ids, done } = kept ?? {};
  const texts = [jobId, ids?.grant, ids?.proposal];
  if (texts.every((text) => typeof text === 'string') && typeof done === 'boolean') return kept as SampleState;
  throw new StartFault(
    `${fileOf(home)}, which names the sample job, is damaged.`,
    'Delete it, and the next start runs a new sample job.',
  );
}

function parse(text: string): Partial<SampleState> | undefined {
  try {
    return (JSON.parse(text) as Partial<SampleState> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepSample(home: string, state: SampleState): SampleState {
  writeFileSync(`${fileOf(home)}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${fileOf(home)}.new`, fileOf(home));
  return state;
}
