import { describe, expect, it } from '@jest/globals';
import { ReferenceLedger } from './reference-model.ts';

const CREDITS = 'p/CR:demo';
const named = { project: 'p', id: 'job' };
const terms = { acceleratorClass: 'gpu', slots: 1n, cover: 100n, timeoutMs: 1_000n };
const reserve = { kind: 'reserve' as const, ...named, ...terms };

describe('the ledger on paper', () => {
  it('sets aside, posts, and returns what was not used', () => {
    const ledger = setup();
    expect(ledger.execute(reserve, 0n)).toBe('ok');
    expect([ledger.balance(CREDITS), ledger.held(CREDITS)]).toEqual([1_000n, 200n]);
    expect(ledger.execute({ kind: 'advance', ...named, used: 40n, cover: 150n, timeoutMs: 1_000n }, 0n)).toBe('ok');
    expect([ledger.balance(CREDITS), ledger.held(CREDITS)]).toEqual([920n, 220n]);
    expect(ledger.execute({ kind: 'post', ...named, used: 60n, cause: 'USER' }, 0n)).toBe('ok');
    expect([ledger.balance(CREDITS), ledger.held(CREDITS)]).toEqual([880n, 0n]);
    expect(sum(ledger, 'CR:demo')).toBe(0n);
  });

  it('leaves everything as it was when it refuses', () => {
    const ledger = setup();
    expect(ledger.execute({ ...reserve, cover: 501n }, 0n)).toBe('insufficient_credits');
    expect(ledger.execute({ ...reserve, slots: 3n }, 0n)).toBe('insufficient_slots');
    expect(ledger.reservations.size).toBe(0);
    expect(ledger.held(CREDITS)).toBe(0n);
  });

  it('lets the operator pay beyond cover, and gives all back when the site failed', () => {
    const ledger = setup();
    ledger.execute(reserve, 0n);
    ledger.execute({ kind: 'advance', ...named, used: 130n, cover: 0n, timeoutMs: 1_000n }, 0n);
    expect([ledger.balance(CREDITS), ledger.balance('LATE_USAGE/CR:demo')]).toEqual([800n, -60n]);
    ledger.execute({ kind: 'post', ...named, used: 130n, cause: 'SITE' }, 0n);
    expect([ledger.balance(CREDITS), ledger.balance('REVENUE/CR:demo')]).toEqual([1_000n, 60n]);
    expect(sum(ledger, 'CR:demo')).toBe(0n);
  });

  it('expires only what is due', () => {
    const ledger = setup();
    ledger.execute(reserve, 0n);
    ledger.execute({ kind: 'expire', ...named }, 999n);
    expect(ledger.held(CREDITS)).toBe(200n);
    ledger.execute({ kind: 'expire', ...named }, 1_000n);
    expect(ledger.held(CREDITS)).toBe(0n);
    const late = { kind: 'advance' as const, ...named, used: 1n, cover: 0n, timeoutMs: 1_000n };
    expect(ledger.execute(late, 1_000n)).toBe('already_expired');
  });

  it('splits every cost between an award and the project, and returns each part where it came from', () => {
    const ledger = setup();
    ledger.awards.set('w', { project: 'p', subsidyPpm: 400_000, endsAtMs: 500n });
    ledger.fund('w', 'CR:demo', 90n);
    const subsidised = { ...reserve, award: 'w' };
    expect(ledger.execute({ ...subsidised, cover: 200n }, 0n)).toBe('insufficient_award');
    expect(ledger.execute({ ...subsidised, project: 'q' }, 0n)).toBe('award_not_found');
    expect(ledger.execute(subsidised, 0n)).toBe('ok');
    expect([ledger.held('w/CR:demo'), ledger.held(CREDITS)]).toEqual([80n, 120n]);
    ledger.execute({ kind: 'advance', ...named, used: 33n, cover: 101n, timeoutMs: 1_000n }, 499n);
    expect([ledger.balance('w/CR:demo'), ledger.held('w/CR:demo')]).toEqual([64n, 54n]);
    expect([ledger.balance(CREDITS), ledger.held(CREDITS)]).toEqual([960n, 82n]);
    ledger.execute({ kind: 'advance', ...named, used: 34n, cover: 103n, timeoutMs: 1_000n }, 500n);
    expect(ledger.reservations.get('job')?.cover).toBe(101n);
    expect(ledger.execute({ ...subsidised, id: 'next' }, 500n)).toBe('award_ended');
    ledger.execute({ kind: 'post', ...named, used: 110n, cause: 'SITE' }, 501n);
    expect([ledger.balance('w/CR:demo'), ledger.balance(CREDITS)]).toEqual([90n, 1_000n]);
    expect(ledger.balance('LATE_USAGE/CR:demo')).toBe(-18n);
    expect(sum(ledger, 'CR:demo')).toBe(0n);
  });

  it('asks nothing of a project whose award pays the whole', () => {
    const ledger = setup();
    ledger.awards.set('w', { project: 'poor', subsidyPpm: 1_000_000, endsAtMs: 500n });
    ledger.fund('w', 'CR:demo', 200n);
    ledger.fund('poor', 'DEVICE_MS:gpu', 100n);
    ledger.fund('poor', 'SLOTS:gpu', 1n);
    expect(ledger.execute({ ...reserve, project: 'poor', award: 'w' }, 0n)).toBe('ok');
    ledger.execute({ kind: 'post', project: 'poor', id: 'job', used: 100n, cause: 'USER' }, 0n);
    expect(ledger.balance('w/CR:demo')).toBe(0n);
  });

  function setup(): ReferenceLedger {
    const ledger = new ReferenceLedger('CR:demo');
    ledger.rates.set('gpu', 7_200_000n);
    ledger.fund('p', 'CR:demo', 1_000n);
    ledger.fund('p', 'DEVICE_MS:gpu', 10_000n);
    ledger.fund('p', 'SLOTS:gpu', 2n);
    return ledger;
  }

  const sum = (ledger: ReferenceLedger, asset: string): bigint =>
    [...ledger.accounts()]
      .filter((account) => account.endsWith(`/${asset}`))
      .reduce((all, account) => all + ledger.balance(account), 0n);
});
