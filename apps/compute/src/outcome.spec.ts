import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_End as End, Observation_State } from '@kontor/contracts/engine/v1/engine';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { anObservation } from '../testing/builders.ts';
import { lost, neverRan, notAccepted, outcomeOf } from './outcome.ts';

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
    const outcome = outcomeOf(ended(...seen), { isCoverRefused: false });
    expect(shortly(outcome)).toBe(expected);
    expect(outcome.settlement).toBe('post');
    expect(outcome.detail).not.toBe('');
  });

  it("is the budget's doing when the ledger refused more cover", () => {
    expect(shortly(outcomeOf(ended(End.COVER_ENDED), { isCoverRefused: true }))).toBe('FAILED BUDGET');
  });

  it("is the site's doing when cover ended because nobody asked for more", () => {
    expect(shortly(outcomeOf(ended(End.COVER_ENDED), { isCoverRefused: false }))).toBe('FAILED SITE');
  });

  it('says what the engine says about it', () => {
    const seen = ended(End.MEMORY_LIMIT, { detail: 'It held 300 MiB of 256 MiB.' });
    expect(outcomeOf(seen, { isCoverRefused: false }).detail).toBe('It held 300 MiB of 256 MiB.');
  });

  it('names the exit code or the signal', () => {
    expect(outcomeOf(ended(End.EXITED, { exitCode: 137 }), { isCoverRefused: false }).detail).toContain(
      'exited with 137',
    );
    expect(outcomeOf(ended(End.EXITED, { signal: 'SIGSEGV' }), { isCoverRefused: false }).detail).toContain('SIGSEGV');
  });

  it('is posted when it may have run, and voided when it never did', () => {
    expect([lost, neverRan, notAccepted('no')].map((outcome) => `${shortly(outcome)} ${outcome.settlement}`)).toEqual([
      'FAILED SITE post',
      'CANCELLED USER void',
      'FAILED SITE void',
    ]);
  });
});
