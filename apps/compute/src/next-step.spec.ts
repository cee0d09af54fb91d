import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_End as End, Observation_State as Seen, UsageSchema } from '@kontor/contracts/engine/v1/engine';
import { aJob, anObservation, aWorkload } from '../testing/builders.ts';
import { nextStep, type Step } from './next-step.ts';
import type { JobRow } from './tables.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const POLICY = { cover: { intervalMs: 60_000n, marginMs: 20_000n }, observeMs: 500 };

const seen = (state: Seen, elapsedMs = 0n, end = End.END_UNSPECIFIED) =>
  anObservation({ state, end, usage: create(UsageSchema, { elapsedMs }) });
const running = seen(Seen.RUNNING);
const ended = seen(Seen.ENDED, 5_000n, End.EXITED);
const cancel = { isCancelAsked: true };
const low = { priority: Priority.LOW };
const LONG_AGO = new Date(NOW.getTime() - 5_000);
const warned = (askedAt: Date) => ({ shortOf: 'award', askedAt }) as const;
const long = { workload: aWorkload({ timeLimitMs: 600_000n }) };

const shortly = (step: Step): string => {
  if (step.do === 'conclude') return `conclude ${State[step.outcome.state]} ${step.outcome.settlement}`;
  return step.do === 'follow' ? `follow ${State[step.state]}` : step.do;
};

describe('the next step of a job', () => {
  it.each<[string, Partial<JobRow>, ReturnType<typeof seen> | undefined, string]>([
    ['placed', { state: State.PLACED }, undefined, 'reserve'],
    [
      'placed and cancelled: what was set aside must be known before it is given back',
      { state: State.PLACED, ...cancel },
      undefined,
      'reserve',
    ],

    ['starting, unknown to the engine', { state: State.STARTING }, undefined, 'start'],
    [
      'starting and cancelled, unknown to the engine',
      { state: State.STARTING, ...cancel },
      undefined,
      'conclude CANCELLED void',
    ],
    ['starting, accepted', { state: State.STARTING }, seen(Seen.STARTING), 'wait'],
    ['starting and cancelled, accepted', { state: State.STARTING, ...cancel }, seen(Seen.STARTING), 'stop'],
    ['starting, seen running', { state: State.STARTING }, running, 'follow RUNNING'],
    ['starting, seen paused already', { state: State.STARTING }, seen(Seen.PAUSED), 'follow RUNNING'],
    ['starting, seen ended already', { state: State.STARTING }, ended, 'conclude FAILED post'],
    [
      'starting and cancelled, seen ended already: it stays as it ended',
      { state: State.STARTING, ...cancel },
      ended,
      'conclude FAILED post',
    ],

    ['running as expected', {}, running, 'wait'],
    ['running, with news of its use', {}, seen(Seen.RUNNING, 1_000n), 'follow RUNNING'],
    ['running, with an old report', { elapsedMs: 2_000n }, seen(Seen.RUNNING, 1_000n), 'wait'],
    ['running, seen paused', {}, seen(Seen.PAUSED), 'follow PAUSED'],
    ['running, being stopped by the engine', {}, seen(Seen.STOPPING), 'wait'],
    ['running and cancelled', cancel, running, 'stop'],
    ['running, ended', {}, ended, 'conclude FAILED post'],
    ['running and cancelled, ended', cancel, ended, 'conclude FAILED post'],
    ['running, unknown to the engine', {}, undefined, 'conclude FAILED post'],

    ['running, well covered', { ...long, elapsedMs: 39_999n }, seen(Seen.RUNNING, 39_999n), 'wait'],
    ['running, at the margin of its cover', { ...long, elapsedMs: 40_000n }, seen(Seen.RUNNING, 40_000n), 'advance'],
    [
      'running, at the margin, not yet written down',
      { ...long, elapsedMs: 39_000n },
      seen(Seen.RUNNING, 40_000n),
      'follow RUNNING',
    ],
    ['running, covered to its time limit', { elapsedMs: 59_000n }, seen(Seen.RUNNING, 59_000n), 'wait'],
    [
      'paused at the margin',
      { ...long, state: State.PAUSED, elapsedMs: 40_000n },
      seen(Seen.PAUSED, 40_000n),
      'advance',
    ],

    ['running, warned a moment ago', { ...long, ...warned(NOW), elapsedMs: 40_000n }, seen(Seen.RUNNING), 'wait'],
    ['running, warned a while ago', { ...long, ...warned(LONG_AGO) }, seen(Seen.RUNNING), 'advance'],
    ['running, warned, its time limit covered', warned(LONG_AGO), seen(Seen.RUNNING), 'wait'],
    ['running at low priority, covered', { ...long, ...warned(LONG_AGO), ...low }, seen(Seen.RUNNING), 'wait'],
    [
      'running at low priority, at the margin',
      { ...long, ...warned(NOW), ...low, elapsedMs: 40_000n },
      seen(Seen.RUNNING),
      'advance',
    ],
    ['running, to give way', { ...low, isGivingWay: true }, running, 'stop'],
    ['paused, to give way', { ...low, state: State.PAUSED, isGivingWay: true }, seen(Seen.PAUSED), 'stop'],
    ['stopping to give way', { ...low, state: State.STOPPING, isGivingWay: true }, seen(Seen.STOPPING), 'wait'],
    [
      'stopping to give way, and its owner does not want to wait',
      { ...low, ...cancel, state: State.STOPPING, isGivingWay: true },
      seen(Seen.STOPPING),
      'stop',
    ],

    ['paused as expected', { state: State.PAUSED }, seen(Seen.PAUSED), 'wait'],
    ['paused, seen running', { state: State.PAUSED }, running, 'follow RUNNING'],
    ['paused and cancelled', { state: State.PAUSED, ...cancel }, seen(Seen.PAUSED), 'stop'],
    ['paused, unknown to the engine', { state: State.PAUSED }, undefined, 'conclude FAILED post'],

    ['stopping, seen stopping', { state: State.STOPPING, ...cancel }, seen(Seen.STOPPING), 'wait'],
    ['stopping, but the engine has forgotten', { state: State.STOPPING, ...cancel }, running, 'stop'],
    [
      'stopping, ended',
      { state: State.STOPPING, ...cancel },
      seen(Seen.ENDED, 0n, End.STOPPED),
      'conclude CANCELLED post',
    ],
    ['stopping, unknown to the engine', { state: State.STOPPING, ...cancel }, undefined, 'conclude FAILED post'],
    ['stopping, its end written down', { state: State.STOPPING, outcome: State.SUCCEEDED }, undefined, 'settle'],
  ])('%s', (_, job, observation, expected) => {
    expect(shortly(nextStep(aJob(job), observation, NOW, POLICY))).toBe(expected);
  });

  it('is to look again after a while where all is well', () => {
    expect(nextStep(aJob(), running, NOW, POLICY)).toEqual({ do: 'wait', until: new Date(NOW.getTime() + 500) });
  });

  it.each([State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED])(
    'is nothing that a reconciler should ask in state %s',
    (state) => {
      expect(() => nextStep(aJob({ state }), undefined, NOW, POLICY)).toThrow('There is no step');
    },
  );
});
