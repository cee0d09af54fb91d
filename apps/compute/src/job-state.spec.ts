import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { hasEnded, holdsSlots, mayBecome, requireTransition } from './job-state.ts';

const STATES = [
  State.QUEUED,
  State.PLACED,
  State.STARTING,
  State.RUNNING,
  State.PAUSED,
  State.STOPPING,
  State.SUCCEEDED,
  State.FAILED,
  State.CANCELLED,
];

const LEGAL = new Set([
  'QUEUED PLACED',
  'QUEUED FAILED',
  'QUEUED CANCELLED',
  'PLACED STARTING',
  'PLACED FAILED',
  'PLACED CANCELLED',
  'STARTING RUNNING',
  'STARTING STOPPING',
  'RUNNING PAUSED',
  'RUNNING STOPPING',
  'PAUSED RUNNING',
  'PAUSED STOPPING',
  'STOPPING SUCCEEDED',
  'STOPPING FAILED',
  'STOPPING CANCELLED',
]);

const pairs = STATES.flatMap((from) =>
  STATES.map((to) => [State[from], State[to], LEGAL.has(`${State[from]} ${State[to]}`)] as const),
);

describe('the states of a job', () => {
  it.each(pairs)('from %s to %s: %s', (from, to, isLegal) => {
    const [a, b] = [State[from as keyof typeof State], State[to as keyof typeof State]];
    expect(mayBecome(a, b)).toBe(isLegal);
    if (isLegal) requireTransition(a, b);
    else expect(() => requireTransition(a, b)).toThrow(`A job that is ${from} cannot become ${to}.`);
  });

  it('never leave an end', () => {
    for (const end of STATES.filter(hasEnded)) expect(STATES.some((next) => mayBecome(end, next))).toBe(false);
  });

  it('lead from everywhere to an end', () => {
    const reaches = (from: State): boolean =>
      hasEnded(from) || STATES.some((to) => to > from && mayBecome(from, to) && reaches(to));
    expect(STATES.filter((state) => !reaches(state))).toEqual([]);
  });

  it('hold slots from being placed until the end, and at no other time', () => {
    expect(STATES.filter(holdsSlots).map((state) => State[state])).toEqual([
      'PLACED',
      'STARTING',
      'RUNNING',
      'PAUSED',
      'STOPPING',
    ]);
  });
});
