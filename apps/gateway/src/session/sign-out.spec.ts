import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, SERVICES } from '../../testing/gateway-under-test.ts';
import { Sealer } from './sealer.ts';
import { packSession } from './session.ts';

const PUBLIC = 'http://localhost:7800';

describe("the provider's way out of a session", () => {
  it('says whose session it is by its ID token', async () => {
    await using it = await setup();
    expect(await it.wayOut('id.token.x')).toEqual({
      client_id: 'kontor-portal',
      id_token_hint: 'id.token.x',
      post_logout_redirect_uri: `${PUBLIC}/`,
    });
  });

  it('says nothing of it where the ID token was too long to be kept: the provider then asks', async () => {
    await using it = await setup();
    expect(await it.wayOut('')).toEqual({ client_id: 'kontor-portal', post_logout_redirect_uri: `${PUBLIC}/` });
  });
});

async function setup() {
  const key = randomBytes(32);
  const it = await gatewayUnderTest(await testTls(SERVICES), { publicUrl: PUBLIC, sessionKeys: [key] });
  /** What the address to which a page is sent after signing out says. */
  const wayOut = async (idToken: string) => {
    const untilMs = Date.now() + 60_000;
    const tokens = { accessToken: await it.realm.token(), refreshToken: 'refresh', idToken };
    const session = { ...tokens, csrf: 'csrf', expiresAtMs: untilMs, renewAtMs: untilMs };
    const cookie = `kontor-session=${await new Sealer([key]).seal(packSession(session), 'kontor-session')}`;
    const headers = { cookie, origin: PUBLIC, 'kontor-csrf': 'csrf' };
    const { json } = await it.ask('POST', '/auth/sign-out', { token: false, headers });
    const url = new URL((json as { url: string }).url);
    expect(`${url.origin}${url.pathname}`).toBe(`${it.realm.issuer}/protocol/openid-connect/logout`);
    return Object.fromEntries(url.searchParams);
  };
  return { ...it, wayOut };
}
