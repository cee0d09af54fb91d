import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Accounts } from './accounts.ts';
import { readRealm } from './realm-folder.ts';
import { Store } from './store.ts';

const NOON_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const HALF_A_DAY_MS = 43_200_000;

describe('the people of a realm', () => {
  it('sign in by name or e-mail address, in any case', () => {
    using people = setup();
    const names = ['researcher', ' Researcher ', 'RESEARCHER@demo.example'];
    const users = names.map((name) => people.accounts.signIn(name, 'kontor-demo', NOON_MS));
    expect(users).toEqual(names.map(() => ({ user: expect.objectContaining({ username: 'researcher' }) })));
  });

  it('do not sign in with another password, an empty one, or none that they have', () => {
    using people = setup();
    const wrong = { fault: 'Name or password is wrong.', wait_ms: 0 };
    for (const [name, password] of [
      ['researcher', 'kontor-dem'],
      ['researcher', ''],
      ['service-account-kontor-service', ''],
      ['', ''],
    ] as const) {
      expect(people.accounts.signIn(name, password, NOON_MS)).toEqual(wrong);
    }
  });

  it('are let in again once they have waited, and a right password clears the count', () => {
    using people = setup();
    const wrongly = (times: number) => {
      for (let guess = 0; guess < times; guess++) people.accounts.signIn('staff', 'wrong', NOON_MS);
    };
    wrongly(10);
    const early = people.accounts.signIn('staff', 'kontor-demo', NOON_MS + 1);
    expect(early).toEqual({ fault: 'Too many wrong passwords. Wait 1 min and try again.', wait_ms: MINUTE_MS - 1 });
    expect(people.accounts.signIn('staff', 'kontor-demo', NOON_MS + MINUTE_MS)).toHaveProperty('user');
    wrongly(9);
    expect(people.accounts.signIn('staff', 'kontor-demo', NOON_MS)).toHaveProperty('user');
  });

  it('are not forgotten sooner than the realm says, and made-up names not kept longer', () => {
    using people = setup();
    people.accounts.signIn('made-up', 'x', NOON_MS);
    people.accounts.signIn('other', 'x', NOON_MS + HALF_A_DAY_MS);
    expect(people.store.guesses('made-up')).toEqual({ failures: 1, last_ms: NOON_MS });
    people.accounts.signIn('other', 'x', NOON_MS + HALF_A_DAY_MS + 1);
    expect(people.store.guesses('made-up')).toBeUndefined();
    expect(people.store.guesses('other')).toMatchObject({ failures: 2 });
  });

  it('are gone where the realm disables them', () => {
    using people = setup((username) => username !== 'researcher');
    expect(people.accounts.signIn('researcher', 'kontor-demo', NOON_MS)).toHaveProperty('fault');
    expect(people.accounts.byId('11f46381-e218-5bcb-b249-4f097a060072')).toBeUndefined();
    expect(people.accounts.serviceAccountOf('kontor-service')).toMatchObject({ serviceAccountOf: 'kontor-service' });
  });
});

function setup(isEnabled = (_: string) => true) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-accounts-'));
  const store = new Store(join(folder, 'store.sqlite'));
  const realm = readRealm({
    KONTOR_PUBLIC_URL: 'http://localhost:7800',
    KONTOR_PORTAL_SECRET: 'secret-of-the-portal',
    KONTOR_SERVICE_SECRET: 'secret-of-a-program',
  });
  const users = realm.users.map((user) => ({ ...user, enabled: isEnabled(user.username) }));
  return {
    store,
    accounts: new Accounts({ ...realm, users }, store),
    [Symbol.dispose]: () => {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
