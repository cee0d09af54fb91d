import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Guesses } from './guesses.ts';

const TABLES = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS records (
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_at_s INTEGER,
    consumed_at_s INTEGER,
    uid TEXT,
    user_code TEXT,
    grant_id TEXT,
    PRIMARY KEY (model, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at_s);
  CREATE INDEX IF NOT EXISTS records_by_uid ON records (uid);
  CREATE INDEX IF NOT EXISTS records_by_user_code ON records (user_code);
  CREATE INDEX IF NOT EXISTS records_by_grant ON records (grant_id);
  CREATE TABLE IF NOT EXISTS guesses (
    username TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
  ) STRICT;`;

/** What ends together with the grant it came from. */
const OF_A_GRANT = ['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'];

type Row = Record<string, string | number | null>;

/** Sessions, grants, codes and tokens of the embedded provider, and its count of wrong passwords: one SQLite file. */
export class Store {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#database = new DatabaseSync(file);
    this.#database.exec(TABLES);
  }

  /** What the library keeps its records of one kind in. */
  adapter(model: string): Adapter {
    return {
      upsert: async (id, payload, expiresIn_s) => this.#upsert(model, id, payload, expiresIn_s),
      find: async (id) => this.#find('model = ? AND id = ?', model, id),
      findByUid: async (uid) => this.#find('model = ? AND uid = ?', model, uid),
      findByUserCode: async (userCode) => this.#find('model = ? AND user_code = ?', model, userCode),
      consume: async (id) => this.#consume(model, id),
      destroy: async (id) => this.#run('DELETE FROM records WHERE model = ? AND id = ?', model, id),
      revokeByGrantId: async (grantId) => this.#run('DELETE FROM records WHERE grant_id = ?', grantId),
    };
  }

  /** Ends a session, with everything that was granted in it. */
  endSession(uid: string): void {
    const { jti, authorizations = {} } = this.#find(`model = 'Session' AND uid = ?`, uid) ?? {};
    for (const { grantId = '' } of Object.values(authorizations)) {
      this.#run(`DELETE FROM records WHERE grant_id = ? OR (model = 'Grant' AND id = ?)`, grantId, grantId);
    }
    this.#run(`DELETE FROM records WHERE model = 'Session' AND id = ?`, jti ?? '');
  }

  guesses(username: string): Guesses | undefined {
    const row = this.#database.prepare('SELECT failures, last_ms FROM guesses WHERE username = ?').get(username);
    return row && { failures: Number(row['failures']), last_ms: Number(row['last_ms']) };
  }

  /** Keeps the count for a name, or drops it when given none. */
  setGuesses(username: string, guesses: Guesses | undefined): void {
    if (!guesses) return this.#run('DELETE FROM guesses WHERE username = ?', username);
    const { failures, last_ms } = guesses;
    this.#run(
      'INSERT OR REPLACE INTO guesses (username, failures, last_ms) VALUES (?, ?, ?)',
      username,
      failures,
      last_ms,
    );
  }

  /** Drops the counts of names that were last tried before this, so that made-up names do not pile up. */
  forgetGuesses(before_ms: number): void {
    this.#run('DELETE FROM guesses WHERE last_ms < ?', before_ms);
  }

  close(): void {
    this.#database.close();
  }

  #upsert(model: string, id: string, payload: AdapterPayload, expiresIn_s: number | undefined): void {
    this.#run('DELETE FROM records WHERE expires_at_s <= ?', now_s());
    this.#run(
      `INSERT OR REPLACE INTO records (model, id, payload, expires_at_s, consumed_at_s, uid, user_code, grant_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      model,
      id,
      JSON.stringify(payload),
      expiresIn_s === undefined ? null : now_s() + expiresIn_s,
      typeof payload.consumed === 'number' ? payload.consumed : null,
      payload.uid ?? null,
      payload.userCode ?? null,
      OF_A_GRANT.includes(model) ? (payload.grantId ?? null) : null,
    );
  }

  #find(where: string, ...values: string[]): AdapterPayload | undefined {
    const query = `SELECT payload, consumed_at_s FROM records WHERE ${where} AND coalesce(expires_at_s > ?, 1)`;
    const row = this.#database.prepare(query).get(...values, now_s()) as Row | undefined;
    if (!row) return undefined;
    const payload = JSON.parse(String(row['payload'])) as AdapterPayload;
    return row['consumed_at_s'] === null ? payload : { ...payload, consumed: row['consumed_at_s'] };
  }

  /** Two that come at once with one code both find it unused: only the first of them gets here. */
  #consume(model: string, id: string): void {
    const mark = 'UPDATE records SET consumed_at_s = ? WHERE model = ? AND id = ? AND consumed_at_s IS NULL';
    if (this.#database.prepare(mark).run(now_s(), model, id).changes === 0) {
      throw new errors.InvalidGrant('it was used already');
    }
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#database.prepare(sql).run(...values);
  }
}

const now_s = () => Math.floor(Date.now() / 1000);
