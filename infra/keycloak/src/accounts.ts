import { createHash, timingSafeEqual } from 'node:crypto';
import { afterWrongPassword, waitAfter } from './guesses.ts';
import type { Realm, RealmUser } from './realm.ts';
import type { Store } from './store.ts';

/** What became of a name and a password. */
export type SignInAttempt = { user: RealmUser } | { fault: string; wait_ms: number };

/** The people of a realm who may sign in. */
export class Accounts {
  readonly #realm: Realm;
  readonly #store: Store;

  constructor(realm: Realm, store: Store) {
    this.#realm = realm;
    this.#store = store;
  }

  /** Somebody by their id; nobody who may not sign in any more. */
  byId(id: string): RealmUser | undefined {
    return this.#realm.users.find((user) => user.id === id && user.enabled);
  }

  /** Whom the programs of a client stand for. */
  serviceAccountOf(clientId: string): RealmUser | undefined {
    return this.#realm.users.find((user) => user.serviceAccountOf === clientId && user.enabled);
  }

  /**
   * Checks a password for a name or an e-mail address. Wrong ones are counted for whatever name was given, so that the
   * answers do not tell which names exist; after too many, none is looked at for a while, not even the right one.
   */
  signIn(login: string, password: string, now_ms = Date.now()): SignInAttempt {
    const name = login.trim().toLowerCase();
    const policy = this.#realm.guessing;
    const guesses = this.#store.guesses(name);
    const wait_ms = waitAfter(guesses, policy, now_ms);
    if (wait_ms > 0) return { fault: tooMany(wait_ms), wait_ms };
    const user = this.#byName(name);
    if (!isSame(password, user?.password)) {
      this.#store.forgetGuesses(now_ms - policy.forgetAfter_s * 1000);
      this.#store.setGuesses(name, afterWrongPassword(guesses, policy, now_ms));
      return { fault: 'Name or password is wrong.', wait_ms: 0 };
    }
    this.#store.setGuesses(name, undefined);
    return { user: user as RealmUser };
  }

  #byName(name: string): RealmUser | undefined {
    const isNamed = ({ username, email }: RealmUser) => [username, email].some((own) => own?.toLowerCase() === name);
    return this.#realm.users.find((user) => user.enabled && !user.serviceAccountOf && isNamed(user));
  }
}

const tooMany = (wait_ms: number) => `Too many wrong passwords. Wait ${Math.ceil(wait_ms / 60_000)} min and try again.`;

/** Compares in a time that does not depend on how much of it is right; nobody has no password. */
function isSame(given: string, expected: string | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected ?? '')) && expected !== undefined;
}
