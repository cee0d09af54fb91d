import { describe, expect, it } from '@jest/globals';
import { Job_Priority as Priority } from '@kontor/contracts/compute/v1/compute';
import { aJob, aWorkload } from '../testing/builders.ts';
import { goesOnUnpaid, isAskDue, outlookOf, type Granted } from './budget-outlook.ts';
import type { JobRow } from './tables.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const TERMS = { intervalMs: 60_000n, marginMs: 20_000n };
const inSeconds = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

describe('the outlook of a job', () => {
  it.each<[string, Granted, bigint, string | null, number | null]>([
    ['is good where all was covered', { deviceMs: 100_000n }, 100_000n, null, null],
    ['is good where its award lasts', { deviceMs: 100_000n, awardEndsAt: inSeconds(41) }, 100_000n, null, null],
    [
      'is that its award ends, where it will have when more is asked for',
      { deviceMs: 100_000n, awardEndsAt: inSeconds(40) },
      100_000n,
      'award_end',
      60,
    ],
    ['ends where its means do', { deviceMs: 70_000n, shortOf: 'credits' }, 70_000n, 'credits', 30],
    ['never takes back what is covered', { deviceMs: 1n, shortOf: 'award' }, 60_000n, 'award', 20],
  ])('%s', (_, granted, paidMs, shortOf, endsIn) => {
    const endsAt = endsIn === null ? null : inSeconds(endsIn);
    expect(outlookOf(running(), 100_000n, granted, NOW, TERMS)).toEqual({ paidMs, shortOf, endsAt });
  });

  it('is good where the time limit is covered, whatever ends then', () => {
    const job = running({ workload: aWorkload({ timeLimitMs: 100_000n }) });
    const granted = { deviceMs: 100_000n, awardEndsAt: inSeconds(1) };
    expect(outlookOf(job, 100_000n, granted, NOW, TERMS)).toMatchObject({ shortOf: null, endsAt: null });
  });

  it('names the same instant as before, unless it has moved', () => {
    const granted: Granted = { deviceMs: 70_000n, shortOf: 'credits' };
    const endsAt = (before: Date) =>
      outlookOf(running({ budgetEndsAt: before }), 100_000n, granted, NOW, TERMS).endsAt?.getTime();
    expect(endsAt(new Date(inSeconds(30).getTime() + 999))).toBe(inSeconds(30).getTime() + 999);
    expect(endsAt(inSeconds(31))).toBe(inSeconds(30).getTime());
  });
});

describe('a job goes on unpaid', () => {
  it.each<[string, bigint, Granted['shortOf'], boolean]>([
    ['when its award gives no more and its cover comes to its margin', 60_000n, 'award', true],
    ['when its award has ended and its cover comes to its margin', 60_000n, 'award_end', true],
    ['not while it is still paid for', 60_001n, 'award', false],
    ["not where what ends is its project's own", 60_000n, 'credits', false],
    ['not while its award gives, though it will end', 60_000n, undefined, false],
  ])('%s', (_, paidMs, shortOf, expected) => {
    const outlook = { paidMs, shortOf: shortOf ?? null, endsAt: null };
    expect(goesOnUnpaid(running(), outlook, { deviceMs: 0n, shortOf }, TERMS)).toBe(expected);
  });
});

describe('the ledger is asked for more', () => {
  it.each<[string, Partial<JobRow>, boolean]>([
    ['at the margin', {}, true],
    ['not before', { elapsedMs: 39_999n }, false],
    ['a quarter of a margin after it had too little', { shortOf: 'credits', askedAt: inSeconds(-5) }, true],
    ['not sooner, though at the margin', { shortOf: 'credits', askedAt: inSeconds(-4.999) }, false],
    ['also before the margin then', { shortOf: 'credits', askedAt: inSeconds(-5), elapsedMs: 0n }, true],
    ['at once where nobody knows when it was asked', { shortOf: 'credits', askedAt: null, elapsedMs: 0n }, true],
    ['at once where that was before the clock was set back', { shortOf: 'credits', askedAt: inSeconds(600) }, true],
    ['not for more than the time limit', { shortOf: 'credits', askedAt: null, coverMs: 600_000n }, false],
    ['at low priority at the margin again', { shortOf: 'award', priority: Priority.LOW, askedAt: NOW }, true],
  ])('%s', (_, job, expected) => {
    expect(isAskDue(running(job), NOW, TERMS)).toBe(expected);
  });
});

/** Forty of six hundred seconds have passed, sixty are covered. */
const running = (wishes: Partial<JobRow> = {}): JobRow =>
  aJob({ workload: aWorkload({ timeLimitMs: 600_000n }), elapsedMs: 40_000n, coverMs: 60_000n, ...wishes });
