import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Sealer } from './sealer.ts';
import { packSession, sessionOf, unpackSession, type Session } from './session.ts';

const PURPOSE = 'a-session';
const [KEY, OTHER] = [randomBytes(32), randomBytes(32)];
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** As long as Keycloak's of a person with some roles: a signature of 256 bytes, or of 64 where only it reads it. */
function tokenLike(claims: object, signatureBytes: number): string {
  const ids = { jti: randomBytes(16).toString('hex'), sid: 'c'.repeat(36), sub: 'd'.repeat(36) };
  const said = { exp: 1, iat: 1, iss: 'https://id.example.org/realms/kontor', azp: 'kontor-portal', ...ids, ...claims };
  return [base64({ alg: 'RS256', typ: 'JWT', kid: 'e'.repeat(43) }), base64(said), signature(signatureBytes)].join('.');
}
const signature = (bytes: number) => randomBytes(bytes).toString('base64url');

const roles = { roles: Array.from({ length: 20 }, (_, i) => `role-number-${i}-of-some-group`) };
const person = { name: 'Ada Example', email: 'ada@demo.example', preferred_username: 'ada', email_verified: true };
const session: Session = {
  accessToken: tokenLike({ ...person, realm_access: roles, resource_access: { account: roles } }, 256),
  refreshToken: tokenLike({ typ: 'Refresh', scope: 'openid profile email' }, 64),
  idToken: tokenLike({ ...person, nonce: 'f'.repeat(43), at_hash: 'g'.repeat(22) }, 256),
  expiresAtMs: 1_795_000_000_000,
  renewAtMs: 1_794_999_940_000,
  csrf: 'h'.repeat(32),
};

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A character that says something else: the first bit of the last one of a part counts, where its others may not. */
const another = (character = ''): string => BASE64URL[BASE64URL.indexOf(character) ^ 32] ?? 'A';

describe('a session', () => {
  it('fits into a cookie, though its three tokens do not', async () => {
    const { accessToken, refreshToken, idToken } = session;
    expect((accessToken + refreshToken + idToken).length).toBeGreaterThan(4_096);
    expect((await new Sealer([KEY]).seal(packSession(session), PURPOSE)).length).toBeLessThan(3_500);
  });

  it('is unpacked as it was packed, whatever its tokens are', () => {
    expect(unpackSession(packSession(session))).toEqual(session);
    const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
    const part = fc.oneof(fc.string(), fc.base64String(), json);
    const token = fc.oneof(
      part,
      fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(token, token, token, (accessToken, refreshToken, idToken) => {
        const given = { ...session, accessToken, refreshToken, idToken };
        expect(unpackSession(packSession(given))).toEqual(given);
      }),
    );
  });

  it('keeps what a renewal does not renew', () => {
    const now = new Date(1_000);
    const renewed = sessionOf({ access_token: 'new', token_type: 'bearer', expires_in: 300 }, now, session);
    expect(renewed).toEqual({ ...session, accessToken: 'new', expiresAtMs: 301_000, renewAtMs: 241_000 });
    expect(sessionOf({ access_token: 'new', token_type: 'bearer' }, now).csrf).toMatch(/^[\w-]{32}$/);
  });

  it("is renewed in the last quarter of its token's life, so that short ones are not renewed all the time", () => {
    const short = sessionOf({ access_token: 'new', token_type: 'bearer', expires_in: 40 }, new Date(0));
    expect(short).toMatchObject({ expiresAtMs: 40_000, renewAtMs: 30_000 });
  });
});

describe('what is sealed', () => {
  const text = Buffer.from('for nobody else');

  it('is opened by whoever has the key, also when another one seals by now', async () => {
    const sealed = await new Sealer([KEY]).seal(text, PURPOSE);
    expect(await opened(new Sealer([KEY]), sealed)).toBe('for nobody else');
    expect(await opened(new Sealer([OTHER, KEY]), sealed)).toBe('for nobody else');
    expect(await opened(new Sealer([OTHER]), sealed)).toBeUndefined();
  });

  it('says nothing to anybody else, and is never the same twice', async () => {
    const [one, two] = [await new Sealer([KEY]).seal(text, PURPOSE), await new Sealer([KEY]).seal(text, PURPOSE)];
    expect(one).not.toBe(two);
    for (const part of one.split('.')) expect(Buffer.from(part, 'base64url').toString()).not.toContain('nobody');
  });

  it('is not opened when a single character of it is another', async () => {
    const sealed = await new Sealer([KEY]).seal(text, PURPOSE);
    for (let at = 0; at < sealed.length; at += 7) {
      const changed = sealed.slice(0, at) + another(sealed[at]) + sealed.slice(at + 1);
      expect(await opened(new Sealer([KEY]), changed)).toBeUndefined();
    }
  });

  it('is not opened for another purpose', async () => {
    const sealed = await new Sealer([KEY]).seal(text, 'a-sign-in');
    expect(await opened(new Sealer([KEY]), sealed)).toBeUndefined();
  });

  const nonsense = ['', 'x', '....', 'e30....', `${base64({ alg: 'none' })}....`, 'x'.repeat(9_000)];
  it.each(nonsense)('is not %j', async (sealed) => {
    expect(await opened(new Sealer([KEY]), sealed)).toBeUndefined();
  });
});

async function opened(sealer: Sealer, sealed: string): Promise<string | undefined> {
  const bytes = await sealer.open(sealed, PURPOSE);
  return bytes && Buffer.from(bytes).toString();
}
