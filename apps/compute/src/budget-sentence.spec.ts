import { describe, expect, it } from '@jest/globals';
import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { aJob } from '../testing/builders.ts';
import { budgetSentence } from './budget-sentence.ts';
import type { JobRow } from './tables.ts';

const budgetEndsAt = new Date('2030-01-01T00:00:12Z');

describe('what a job says of its budget', () => {
  it.each<[Partial<JobRow>, string]>([
    [
      { shortOf: 'credits' },
      "Running; its project's credits end, and it is paid for until 2030-01-01T00:00:12.000Z: " +
        'it is stopped then, unless the project is granted more.',
    ],
    [
      { shortOf: 'device_time', state: State.PAUSED },
      "Paused; its project's device time ends, and it is paid for until 2030-01-01T00:00:12.000Z: " +
        'it is stopped then, unless the project is granted more.',
    ],
    [
      { shortOf: 'award' },
      'Running; its award is used up, and it is paid for until 2030-01-01T00:00:12.000Z: ' +
        'it is stopped then, unless other jobs give back what they hold of the award.',
    ],
    [
      { shortOf: 'award_end', goesOn: true },
      'Running; its award ends, and it is paid for until 2030-01-01T00:00:12.000Z: ' +
        'from then on it goes on at low priority, and gives way to jobs that need its place.',
    ],
    [
      { shortOf: 'award_end', goesOn: true, priority: Priority.LOW },
      'Running at low priority, because its award ended: ' +
        'nobody is charged, and it gives way to jobs that need its place.',
    ],
  ])('of %o is one sentence', (job, sentence) => {
    expect(budgetSentence(aJob({ budgetEndsAt, ...job }))).toBe(sentence);
  });

  it.each<Partial<JobRow>>([
    { shortOf: null },
    { shortOf: 'credits', state: State.STOPPING },
    { shortOf: 'credits', state: State.FAILED },
  ])('is nothing for %o', (job) => {
    expect(budgetSentence(aJob({ budgetEndsAt, ...job }))).toBeUndefined();
  });
});
