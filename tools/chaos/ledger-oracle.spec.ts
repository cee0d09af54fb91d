import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ClientJournal } from './client-journal.ts';
import type { Told } from './ledger-clients.ts';
import { isBorneOut } from './ledger-oracle.ts';

const [PENDING, POSTED, VOIDED, EXPIRED] = [1, 2, 3, 4];

describe('the oracle', () => {
  it.each<[string, Partial<Told>, Parameters<typeof isBorneOut>[1]]>([
    ['a reservation that is there', { command: 'reserve' }, row(PENDING)],
    ['a refusal that left nothing', { command: 'reserve', outcome: 'insufficient_credits' }, undefined],
    ['a use that was posted', { command: 'post', used: 70 }, row(POSTED, 70, 70)],
    ['a use that was reported, and then more', { command: 'advance', used: 70 }, row(POSTED, 90, 90)],
    ['what was voided', { command: 'void' }, row(VOIDED)],
    ['what was forgotten and expired', { command: 'abandon' }, row(EXPIRED)],
  ])('believes %s', (_, told, found) => {
    expect(isBorneOut(whole(told), found)).toBe(true);
  });

  it.each<[string, Partial<Told>, Parameters<typeof isBorneOut>[1]]>([
    ['a reservation that is gone', { command: 'reserve' }, undefined],
    ['a refusal that left something', { command: 'reserve', outcome: 'insufficient_credits' }, row(PENDING)],
    ['a post that is still open', { command: 'post', used: 70 }, row(PENDING, 70)],
    ['a post of another use', { command: 'post', used: 70 }, row(POSTED, 69, 69)],
    ['a reported use that shrank', { command: 'advance', used: 70 }, row(PENDING, 60)],
    ['a void that was charged', { command: 'void' }, row(VOIDED, 0, 0)],
    ['what was forgotten and charged', { command: 'abandon' }, row(POSTED, 5, 5)],
    ['what was forgotten and stays set aside', { command: 'abandon' }, row(PENDING)],
    ['a reservation refused for no good reason', { command: 'reserve', outcome: 'internal' }, undefined],
    ['a use that was refused', { command: 'advance', used: 70, outcome: 'insufficient_credits' }, row(PENDING)],
    ['a void that was refused', { command: 'void', outcome: 'already_expired' }, row(EXPIRED)],
    ['a post that was refused', { command: 'post', outcome: 'reservation_not_found' }, undefined],
  ])('misses %s', (_, told, found) => {
    expect(isBorneOut(whole(told), found)).toBe(false);
  });

  const whole = (told: Partial<Told>): Told => ({
    id: 'r',
    projectId: 'p',
    command: 'reserve',
    used: 0,
    outcome: 'ok',
    ...told,
  });

  function row(state: number, reported = 0, charged?: number) {
    return { id: 'r', state, reported: String(reported), charged: charged === undefined ? null : String(charged) };
  }
});

describe('the journal of the clients', () => {
  it('has on disk what it says it keeps, in the order in which it was told', async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'kontor-told-'));
    const path = join(folder.path, 'told.jsonl');
    const journal = new ClientJournal(path);
    await Promise.all(Array.from({ length: 500 }, (_, n) => journal.keep({ n })));
    expect(new ClientJournal(path).read<{ n: number }>().map(({ n }) => n)).toEqual([...Array(500).keys()]);
    journal.close();
    await expect(journal.keep({ n: 'too late' })).rejects.toThrow();
  });
});
