import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { ShortOf } from './affordable-cover.ts';
import type { JobRow } from './tables.ts';

type Warned = Pick<JobRow, 'state' | 'shortOf' | 'goesOn' | 'budgetEndsAt' | 'priority'>;

/** What ends, and what would help before it has. */
const ENDING: Record<ShortOf, { ends: string; ended: string; help: string }> = {
  credits: {
    ends: "its project's credits end",
    ended: "its project's credits ended",
    help: 'unless the project is granted more',
  },
  device_time: {
    ends: "its project's device time ends",
    ended: "its project's device time ended",
    help: 'unless the project is granted more',
  },
  award: {
    ends: 'its award is used up',
    ended: 'its award was used up',
    help: 'unless other jobs give back what they hold of the award',
  },
  award_end: { ends: 'its award ends', ended: 'its award ended', help: 'unless the award is extended before' },
};

/** One sentence for the owner of a job that something is short for; undefined where nothing is, or it has ended. */
export function budgetSentence({ state, shortOf, goesOn, budgetEndsAt, priority }: Warned): string | undefined {
  if (shortOf === null || budgetEndsAt === null || (state !== State.RUNNING && state !== State.PAUSED))
    return undefined;
  const now = state === State.PAUSED ? 'Paused' : 'Running';
  const { ends, ended, help } = ENDING[shortOf];
  if (priority === Priority.LOW)
    return `${now} at low priority, because ${ended}: nobody is charged, and it gives way to jobs that need its place.`;
  const until = `${now}; ${ends}, and it is paid for until ${budgetEndsAt.toISOString()}`;
  return goesOn
    ? `${until}: from then on it goes on at low priority, and gives way to jobs that need its place.`
    : `${until}: it is stopped then, ${help}.`;
}

/** How a job ended whose cover nobody could pay for any more. */
export const stoppedFor = (shortOf: ShortOf): string => `Stopped because ${ENDING[shortOf].ended}.`;
