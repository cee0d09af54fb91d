import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databasePasswords, ensureIdentitySecrets, portalSecretFile, sessionKeyFile } from './secrets.ts';

describe('secrets', () => {
  it('are made once, random, and closed to other users', () => {
    using one = setup();
    using other = setup();
    for (const { home } of [one, one, other]) ensureIdentitySecrets(home);
    const secrets = [one, other].flatMap(({ home }) => [portalSecretFile(home), sessionKeyFile(home)]);
    const words = secrets.map((file) => readFileSync(file, 'utf8'));
    for (const word of words) expect(word).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(new Set(words).size).toBe(4);
    ensureIdentitySecrets(one.home);
    expect(secrets.map((file) => readFileSync(file, 'utf8'))).toEqual(words);
    for (const file of secrets) expect(statSync(file).mode & 0o777).toBe(0o600);
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
