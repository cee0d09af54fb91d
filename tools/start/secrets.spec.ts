import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePasswords, ensureToken, tokenFile } from './secrets.ts';

describe('secrets', () => {
  it('are made once, random, and closed to other users', () => {
    using one = setup();
    using other = setup();
    const token = ensureToken(one.home);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(ensureToken(one.home)).toBe(token);
    expect(ensureToken(other.home)).not.toBe(token);
    expect(statSync(tokenFile(one.home)).mode & 0o777).toBe(0o600);
  });

  it('differ between services and between a service and its owner', () => {
    using one = setup();
    const [quota, compute] = [databasePasswords(one.home, 'quota'), databasePasswords(one.home, 'compute')];
    expect(new Set([quota.app, quota.owner, compute.app, compute.owner]).size).toBe(4);
    expect(databasePasswords(one.home, 'quota')).toEqual(quota);
  });

  it.each(['', '{', '{}', '[]', 'null'])('that were damaged to %j are told with help', (content) => {
    using one = setup();
    databasePasswords(one.home, 'quota');
    writeFileSync(join(one.home, 'secrets', 'database-quota.json'), content);
    expect(() => databasePasswords(one.home, 'quota')).toThrow('database-quota.json is damaged.');
  });
});

function setup() {
  const home = mkdtempSync(join(tmpdir(), 'kontor-secrets-'));
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
}
