import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_End as End, Observation_State } from '@kontor/contracts/engine/v1/engine';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { anObservation } from '../testing/builders.ts';
import { lost, neverRan, notAccepted, outcomeOf } from './outcome.ts';

const NOTHING_ASKED = { shortOf: null, goesOn: false, isGivingWay: false, isCancelAsked: false, isSuspended: false };

const ended = (end: End, more: Parameters<typeof anObservation>[0] = {}) =>
  anObservation({ state: Observation_State.ENDED, end, ...more });
const shortly = ({ state, cause }: { state: State; cause: Cause }): string => `${State[state]} ${Cause[cause]}`;

describe('how a job ends', () => {
  it.each<[string, Parameters<typeof ended>, string]>([
    ['well', [End.EXITED, { exitCode: 0 }], 'SUCCEEDED USER'],
    ['with an error of its own', [End.EXITED, { exitCode: 3 }], 'FAILED USER'],
    ['by a signal that nobody of us sent', [End.EXITED, { signal: 'SIGSEGV' }], 'FAILED USER'],
    ['because it was stopped', [End.STOPPED], 'CANCELLED USER'],
    ['at its time limit', [End.TIME_LIMIT], 'FAILED LIMIT'],
    ['at its memory limit', [End.MEMORY_LIMIT], 'FAILED LIMIT'],
    ['at its disk limit', [End.DISK_LIMIT], 'FAILED LIMIT'],
    ['at its process limit', [End.PROCESS_LIMIT], 'FAILED LIMIT'],
    ['before it could be started', [End.NOT_STARTED], 'FAILED USER'],
    ['lost by the engine', [End.LOST], 'FAILED SITE'],
    ['without a word', [End.END_UNSPECIFIED], 'FAILED SITE'],
  ])('%s', (_, seen, expected) => {
    const outcome = outcomeOf(ended(...seen), NOTHING_ASKED);
    expect(shortly(outcome)).toBe(expected);
    expect(outcome.settlement).toBe('post');
    expect(outcome.detail).not.toBe('');
  });

  it.each([
    ['credits', "project's credits ended"],
    ['device_time', "project's device time ended"],
    ['award', 'award was used up'],
    ['award_end', 'award ended'],
  ] as const)("is the budget's doing when its %s had run short", (shortOf, why) => {
    const outcome = outcomeOf(ended(End.COVER_ENDED), { ...NOTHING_ASKED, shortOf });
    expect([shortly(outcome), outcome.detail]).toEqual(['FAILED BUDGET', expect.stringContaining(why)]);
  });

  it("is the site's doing when it could have gone on at low priority, and nobody saw to it", () => {
    const goesOn = { ...NOTHING_ASKED, shortOf: 'award', goesOn: true } as const;
    expect(shortly(outcomeOf(ended(End.COVER_ENDED), goesOn))).toBe('FAILED SITE');
  });

  it.each([End.STOPPED, End.COVER_ENDED])(
    'is that it gave way when it was asked to, however the engine ended it',
    (end) => {
      const low = { ...NOTHING_ASKED, shortOf: 'award', goesOn: true, isGivingWay: true } as const;
      expect(shortly(outcomeOf(ended(end), low))).toBe('FAILED PREEMPTED');
    },
  );

  it("is its owner's doing when that asked to stop it while it gave way", () => {
    const both = { ...NOTHING_ASKED, isGivingWay: true, isCancelAsked: true };
    expect(shortly(outcomeOf(ended(End.STOPPED), both))).toBe('CANCELLED USER');
  });

  it.each([End.STOPPED, End.COVER_ENDED])(
    'is that its project is suspended where that stopped it, also one that gave way, however the engine ended it',
    (end) => {
      const all = { ...NOTHING_ASKED, isGivingWay: true, isSuspended: true };
      expect(shortly(outcomeOf(ended(end), all))).toBe('CANCELLED SUSPENDED');
    },
  );

  it('is its own when it ended by itself before it had to leave', () => {
    const low = { ...NOTHING_ASKED, isGivingWay: true };
    expect(shortly(outcomeOf(ended(End.EXITED, { exitCode: 0 }), low))).toBe('SUCCEEDED USER');
  });

  it("is the site's doing when cover ended because nobody asked for more", () => {
    expect(shortly(outcomeOf(ended(End.COVER_ENDED), NOTHING_ASKED))).toBe('FAILED SITE');
  });

  it('says what the engine says about it', () => {
    const seen = ended(End.MEMORY_LIMIT, { detail: 'It held 300 MiB of 256 MiB.' });
    expect(outcomeOf(seen, NOTHING_ASKED).detail).toBe('It held 300 MiB of 256 MiB.');
  });

  it('names the exit code or the signal', () => {
    expect(outcomeOf(ended(End.EXITED, { exitCode: 137 }), NOTHING_ASKED).detail).toContain('exited with 137');
    expect(outcomeOf(ended(End.EXITED, { signal: 'SIGSEGV' }), NOTHING_ASKED).detail).toContain('SIGSEGV');
  });

  it('is posted when it may have run, and voided when it never did', () => {
    expect(
      [lost, neverRan({ isCancelAsked: true }), notAccepted('no')].map(
        (outcome) => `${shortly(outcome)} ${outcome.settlement}`,
      ),
    ).toEqual(['FAILED SITE post', 'CANCELLED USER void', 'FAILED SITE void']);
  });
});
