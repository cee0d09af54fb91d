import { createHmac, randomUUID } from 'node:crypto';
import { exportSPKI, importJWK, type CryptoKey } from 'jose';
import type { TestRealm } from './test-realm.ts';

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of parts, as no library would make it. */
export const crafted = (header: object, claims: unknown, signature = '') =>
  `${base64(header)}.${base64(claims)}.${signature}`;

/** The oldest of tricks: the public key, which everybody has, used as if it were a shared secret. */
export async function signedWithThePublicKey(realm: TestRealm, claims: Record<string, unknown> = {}): Promise<string> {
  const [key] = realm.keys;
  const pem = await exportSPKI((await importJWK({ ...key!.publicJwk, ext: true }, 'RS256')) as CryptoKey);
  const unsigned = `${base64({ alg: 'HS256', typ: 'JWT', kid: key!.kid })}.${base64(realm.claims(claims))}`;
  return `${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`;
}

/** Tokens that say what a good one of this person says, each with one thing wrong. */
export async function forgedTokens(
  realm: TestRealm,
  stranger: TestRealm,
  claims: Record<string, unknown>,
): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1_000);
  const wrong = (change: Record<string, unknown>) => realm.token({ ...claims, ...change });
  return {
    garbage: `${(await wrong({})).slice(0, -8)}AAAAAAAA`,
    expired: await wrong({ exp: now - 1 }),
    'not yet valid': await wrong({ nbf: now + 3_600 }),
    'wrong audience': await wrong({ aud: 'account' }),
    'wrong issuer': await wrong({ iss: 'https://id.example.org/realms/kontor' }),
    'other realm': await stranger.token(claims),
    "other realm in our realm's name": await stranger.token({ ...claims, iss: realm.issuer }),
    'alg none': crafted({ alg: 'none', typ: 'JWT', kid: realm.keys[0]!.kid }, realm.claims(claims)),
    'HS256 with the public key': await signedWithThePublicKey(realm, claims),
    'unknown kid': await realm.token(claims, { header: { kid: randomUUID() } }),
    'ID token': await wrong({ typ: 'ID', aud: 'kontor-api' }),
  };
}
