import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deviceSignIn, signIn } from '@kontor/keycloak/sign-in';
import type { IdentityProvider, IdentityProviderOptions } from '@kontor/keycloak/testing/identity-provider';
import { freePort } from '@kontor/postgres/free-port';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { browser } from './browser.ts';
import { gatewayUnderTest, SERVICES, TENANT } from './gateway-under-test.ts';
import { AUDIENCE, TestRealm } from './test-realm.ts';

const PASSWORD = 'kontor-demo';
const COOKIE = 'kontor-session';
const STARTS_WITHIN_MS = 200_000;

/** What people and programs can do at the gateway with one kind of identity provider. */
export function identityBehaviours(start: (options: IdentityProviderOptions) => Promise<IdentityProvider>) {
  let provider: IdentityProvider;
  let publicUrl: string;
  beforeAll(async () => {
    publicUrl = `http://127.0.0.1:${await freePort()}`;
    provider = await start({ publicUrl });
  }, STARTS_WITHIN_MS);
  afterAll(() => provider.stop());

  /** The one gateway that the provider leads back to: only one at a time can run. */
  async function setup() {
    const clock = new FakeClock(new Date());
    const it = await gatewayUnderTest(await testTls(SERVICES), {
      clock,
      publicUrl,
      listen: publicUrl.slice('http://'.length),
      issuer: provider.issuer,
      client: { id: 'kontor-portal', secret: provider.clientSecret },
    });
    const me = (token: string) => it.get('/v1/me', { token });
    const signedIn = async (username: string) => {
      const { jar } = await signIn(`${publicUrl}/auth/sign-in?return_to=/jobs`, username, PASSWORD);
      return browser(publicUrl, jar);
    };
    return { ...it, clock, me, signedIn };
  }

  describe('an access token', () => {
    it('of a person says who they are, and whether they work for the operator or audit it', async () => {
      await using it = await setup();
      const staff = await it.me((await provider.tokensOf('staff')).access);
      expect(staff).toMatchObject({
        status: 200,
        json: { name: 'Sabine Staff', email: 'staff@demo.example', roles: ['SIGNED_IN', 'OPERATOR_STAFF'] },
      });
      const auditor = await it.me((await provider.tokensOf('auditor')).access);
      expect(auditor).toMatchObject({ status: 200, json: { roles: ['SIGNED_IN', 'AUDITOR'] } });
      expect(it.tenancy.resolved[0]?.credential.value).toMatchObject({ issuer: provider.issuer, emailVerified: true });
    });

    it("is good for a program on a person's machine, and for one that calls by itself", async () => {
      await using it = await setup();
      const { access } = await deviceSignIn(provider.issuer, 'kontor-cli', 'researcher', PASSWORD);
      expect(await it.me(access)).toMatchObject({ status: 200, json: { email: 'researcher@demo.example' } });
      expect(await it.me(await provider.serviceAccountToken())).toMatchObject({ status: 200, json: { email: '' } });
    });

    it('is neither an ID token nor a refresh token', async () => {
      await using it = await setup();
      const { id, refresh } = await provider.tokensOf('staff');
      for (const token of [id, refresh]) expect(await it.me(token)).toMatchObject({ status: 401 });
    });

    it('is of this realm', async () => {
      await using it = await setup();
      const token = await it.realm.token({ iss: provider.issuer, aud: AUDIENCE });
      expect(await it.me(token)).toMatchObject({ status: 401, json: { code: 'token_not_accepted' } });
      const stranger = await TestRealm.start('master');
      expect(await it.me(await stranger.token())).toMatchObject({ status: 401 });
      await stranger.stop();
    });

    it('that was revoked, or whose session has ended, is refused within ten seconds', async () => {
      await using it = await setup();
      const [revoked, ended] = [await provider.tokensOf('staff'), await provider.tokensOf('staff2')];
      for (const { access } of [revoked, ended]) expect(await it.me(access)).toMatchObject({ status: 200 });
      await provider.revoke(revoked.access);
      await provider.signOut(ended.refresh);
      it.clock.advance(10_001);
      for (const { access } of [revoked, ended]) {
        expect(await it.me(access)).toMatchObject({ status: 401, json: { code: 'token_revoked' } });
      }
    });

    it('is good at once when the realm signs with a new key, and so is the one before', async () => {
      await using it = await setup();
      const before = await provider.tokensOf('staff');
      expect(await it.me(before.access)).toMatchObject({ status: 200 });
      await provider.rotateKeys();
      const after = await provider.tokensOf('staff');
      expect(await it.me(after.access)).toMatchObject({ status: 200 });
      it.clock.advance(10_001);
      expect(await it.me(before.access)).toMatchObject({ status: 200 });
    });
  });

  describe('a browser', () => {
    it('signs in, comes back to where it was, and is known by a cookie that only the gateway gets', async () => {
      await using it = await setup();
      const { response, jar } = await signIn(`${publicUrl}/auth/sign-in?return_to=/jobs?x=1`, 'researcher', PASSWORD);
      expect({ status: response.status, to: response.headers.get('location') }).toEqual({
        status: 302,
        to: `${publicUrl}/jobs?x=1`,
      });
      const cookie = response.headers.getSetCookie().find((line) => line.startsWith(`${COOKIE}=`)) ?? '';
      expect(cookie).toMatch(/^kontor-session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/);
      expect(cookie.length).toBeLessThan(4_096);
      const page = browser(publicUrl, jar);
      expect(await page.get('/v1/me')).toMatchObject({ status: 200, json: { email: 'researcher@demo.example' } });
      expect((await page.get('/auth/session')).json).toMatchObject({
        signedIn: true,
        csrf: expect.stringMatching(/^[\w-]{32}$/),
        email: 'researcher@demo.example',
      });
      expect(it.tenancy.resolved).toHaveLength(1);
    });

    it("changes something only from a page of this site that knows the session's value", async () => {
      await using it = await setup();
      const page = await it.signedIn('staff');
      const resume = `/v1/tenants/${TENANT}/resume`;
      expect(await page.post(resume)).toMatchObject({ status: 200 });
      const [origin, refusal] = [{ origin: publicUrl }, { status: 403, json: { code: 'csrf_refused' } }];
      const another = (await (await it.signedIn('staff2')).get('/auth/session')).json as { csrf: string };
      expect(await page.ask('POST', resume, origin)).toMatchObject(refusal);
      expect(await page.post(resume, { origin: 'https://elsewhere.example' })).toMatchObject(refusal);
      expect(await page.post(resume, { origin: 'null' })).toMatchObject(refusal);
      expect(await page.ask('POST', resume, { ...origin, 'kontor-csrf': another.csrf })).toMatchObject(refusal);
      expect(it.tenancy.asked).toHaveLength(1);
    });

    it('that also sends a token is whom the token says, and nobody when that is not good', async () => {
      await using it = await setup();
      const page = await it.signedIn('staff');
      const { access } = await provider.tokensOf('auditor');
      expect((await page.get('/v1/me', { authorization: `Bearer ${access}` })).json).toMatchObject({
        email: 'auditor@demo.example',
      });
      expect(await page.get('/v1/me', { authorization: 'Bearer x' })).toMatchObject({ status: 401 });
    });

    it('is renewed once before its token ends, however many requests it sends at the time', async () => {
      await using it = await setup();
      const page = await it.signedIn('researcher');
      const first = page.jar.get(COOKIE);
      it.clock.advance(250_000);
      const replies = await Promise.all(Array.from({ length: 10 }, () => page.get('/v1/me')));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      expect(page.jar.get(COOKIE)).not.toBe(first);
      // A second use of the refresh token would have ended all of it.
      it.clock.advance(31_000);
      expect(await page.get('/v1/me')).toMatchObject({ status: 200 });
    });

    it('whose session has ended at the provider forgets it, and is told to sign in', async () => {
      await using it = await setup();
      const page = await it.signedIn('researcher2');
      await browser(publicUrl, page.jar).get('/v1/me');
      const copy = page.jar.header(publicUrl);
      const { url } = (await page.post('/auth/sign-out')).json as { url: string };
      expect(new URL(url).searchParams.get('post_logout_redirect_uri')).toBe(`${publicUrl}/`);
      expect(url.startsWith(`${provider.issuer}/`)).toBe(true);
      expect(page.jar.get(COOKIE)).toBeUndefined();
      expect((await page.get('/auth/session')).json).toEqual({ signedIn: false });
      it.clock.advance(10_001);
      const replay = await browser(publicUrl).get('/v1/me', { cookie: copy });
      expect(replay).toMatchObject({ status: 401, json: { code: 'token_revoked' } });
      it.clock.advance(290_000);
      const later = await browser(publicUrl).get('/v1/me', { cookie: copy });
      expect(later).toMatchObject({ status: 401, json: { code: 'session_ended' } });
      expect(later.headers.getSetCookie()).toEqual([expect.stringMatching(/^kontor-session=; Max-Age=0/)]);
    });

    it("is asked for a password again once it has followed the provider's way out", async () => {
      await using it = await setup();
      const page = await it.signedIn('researcher2');
      const { url } = (await page.post('/auth/sign-out')).json as { url: string };
      const ended = await browser(provider.issuer, page.jar).get(url);
      expect(ended.headers.get('location')).toBe(`${publicUrl}/`);
      await expect(signIn(`${publicUrl}/auth/sign-in`, 'researcher2', 'not the password', page.jar)).rejects.toThrow();
    });

    it('comes back from the provider only once, and only where it went from', async () => {
      await using it = await setup();
      const { url, jar } = await signIn(`${publicUrl}/auth/sign-in`, 'researcher', PASSWORD);
      const refusal = { status: 400, json: { code: 'sign_in_unknown' } };
      expect(await browser(publicUrl, jar).get(url)).toMatchObject(refusal);
      expect(await browser(publicUrl).get(url)).toMatchObject(refusal);
      expect(it.tenancy.resolved).toHaveLength(0);
    });
  });
}
