import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RealmFault } from './realm-fault.ts';

/** A signing key with what is private about it, and when another took its place. */
export interface SigningKey {
  jwk: JWK & { kid: string };
  retiredAt_ms: number | undefined;
}

/** Everything that has to survive a restart so that what was signed before it still holds. */
export interface Keys {
  /** The first one signs; the others are published until what they signed has expired. */
  signing: [SigningKey, ...SigningKey[]];
  /** Signs the cookies of browsers. */
  cookie: string;
}

/** The keys of a file, made on first use. Throws RealmFault where the file is damaged. */
export async function ensureKeys(file: string): Promise<Keys> {
  if (existsSync(file)) return read(file);
  const keys: Keys = { signing: [await newKey()], cookie: randomBytes(32).toString('base64url') };
  write(file, keys);
  return keys;
}

/** Makes a new key that signs from now on, and drops those that were replaced more than `keep_ms` ago. */
export async function rotate(file: string, { signing, cookie }: Keys, keep_ms: number, now_ms: number): Promise<Keys> {
  const older = signing.map(({ jwk, retiredAt_ms }) => ({ jwk, retiredAt_ms: retiredAt_ms ?? now_ms }));
  const published = older.filter(({ retiredAt_ms }) => now_ms - retiredAt_ms <= keep_ms);
  const keys: Keys = { signing: [await newKey(), ...published], cookie };
  write(file, keys);
  return keys;
}

async function newKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' }, retiredAt_ms: undefined };
}

function read(file: string): Keys {
  try {
    const keys = JSON.parse(readFileSync(file, 'utf8')) as Keys;
    if (keys.signing[0].jwk.kid && keys.cookie) return keys;
  } catch {
    // The same as a file without keys: see below.
  }
  throw new RealmFault(
    `The keys in ${file} are damaged.`,
    'Restore the file, or delete it: new keys are made, and everyone signs in again.',
  );
}

function write(file: string, keys: Keys): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const growing = `${file}.new`;
  const descriptor = openSync(growing, 'w', 0o600);
  writeSync(descriptor, `${JSON.stringify(keys, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(growing, file);
}
