import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { CookieJar } from '../cookie-jar.ts';
import { obtainTokens } from '../sign-in.ts';
import { DEMO_PASSWORD } from '../testing/realm-client.ts';
import type { IdentityProvider, IdentityProviderOptions } from '../testing/identity-provider.ts';
import { askForTokens, endpointsOf, post, type Endpoints } from '../token-endpoint.ts';
import { refusals } from './refusals.ts';
import { deviceFlow } from './device-flow.ts';
import { request } from '../walk.ts';

const PUBLIC_URL = 'http://localhost:7800';
const STARTS_WITHIN_MS = 200_000;

/** What Kontor relies on in a sign-in server, run against one kind of it. */
export function providerBehaviours(start: (options: IdentityProviderOptions) => Promise<IdentityProvider>) {
  let provider: IdentityProvider;
  let at: Endpoints;
  const portal = () => ({
    id: 'kontor-portal',
    secret: provider.clientSecret,
    redirectUri: `${PUBLIC_URL}/auth/callback`,
  });
  const refresh = (token: string) => post(at.token, portal(), { grant_type: 'refresh_token', refresh_token: token });

  beforeAll(async () => {
    provider = await start({ publicUrl: PUBLIC_URL });
    at = await endpointsOf(provider.issuer);
  }, STARTS_WITHIN_MS);

  afterAll(() => provider.stop());

  it('is found at the paths of Keycloak', () => {
    const base = `${provider.realmUrl}/protocol/openid-connect`;
    expect(at).toEqual({
      authorization: `${base}/auth`,
      token: `${base}/token`,
      device: `${base}/auth/device`,
      introspection: `${base}/token/introspect`,
      revocation: `${base}/revoke`,
      userinfo: `${base}/userinfo`,
      endSession: `${base}/logout`,
      keys: `${base}/certs`,
    });
  });

  describe('tokens of a person', () => {
    it('say who it is, for whom, and for at most five minutes', async () => {
      const { access, id } = await provider.tokensOf('staff');
      const keys = createRemoteJWKSet(new URL(at.keys));
      const options = { issuer: provider.issuer, algorithms: ['RS256'] };
      const { payload } = await jwtVerify(access, keys, { ...options, audience: 'kontor-api' });
      expect(payload).toMatchObject({
        sub: 'b7278920-0af0-5825-9701-6847d12cf8db',
        typ: 'Bearer',
        azp: 'kontor-portal',
        aud: 'kontor-api',
        acr: '1',
        sid: expect.any(String),
        jti: expect.any(String),
        realm_access: { roles: ['operator-staff'] },
        preferred_username: 'staff',
        name: 'Sabine Staff',
        email: 'staff@demo.example',
        email_verified: true,
      });
      expect(payload.exp! - payload.iat!).toBe(300);
      const idToken = await jwtVerify(id, keys, { ...options, audience: 'kontor-portal' });
      expect(idToken.payload).toMatchObject({ sub: payload.sub, typ: 'ID', azp: 'kontor-portal', sid: payload['sid'] });
    });

    it('name no roles where there are none', async () => {
      const { access } = await provider.tokensOf('researcher');
      expect(decodeJwt(access)['realm_access']).toBeUndefined();
    });

    it('open the user info, which an ID token does not', async () => {
      const { access, id } = await provider.tokensOf('admin');
      const ask = (token: string) => fetch(at.userinfo, { headers: { authorization: `Bearer ${token}` } });
      const answer = await ask(access);
      expect(await answer.json()).toMatchObject({ preferred_username: 'admin', email: 'admin@demo.example' });
      expect((await ask(id)).status).toBe(401);
    });

    it('are given again to the same browser without a password', async () => {
      const jar = new CookieJar();
      const first = await obtainTokens(provider.issuer, portal(), 'admin', DEMO_PASSWORD, jar);
      const second = await obtainTokens(provider.issuer, portal(), 'nobody', 'no password', jar);
      expect(decodeJwt(second.access)['sid']).toBe(decodeJwt(first.access)['sid']);
    });
  });

  describe('a refresh token', () => {
    it('gives new tokens once; a second use ends what it was for', async () => {
      const first = await provider.tokensOf('researcher');
      const second = await askForTokens(provider.issuer, portal(), {
        grant_type: 'refresh_token',
        refresh_token: first.refresh,
      });
      expect(second.refresh).not.toBe(first.refresh);
      expect(decodeJwt(second.access)['sid']).toBe(decodeJwt(first.access)['sid']);
      expect(await provider.introspect(second.access)).toMatchObject({ active: true });
      expect(await refresh(first.refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await refresh(second.refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await provider.introspect(second.access)).toEqual({ active: false });
    });

    it('that was taken back gives nothing, and its access token is no longer stood by', async () => {
      const tokens = await provider.tokensOf('researcher');
      await provider.signOut(tokens.refresh);
      expect(await refresh(tokens.refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await provider.introspect(tokens.access)).toEqual({ active: false });
    });
  });

  describe('introspection', () => {
    it('says about a good token what the token says, and more', async () => {
      const { access } = await provider.tokensOf('staff');
      const { sub, sid, jti } = decodeJwt(access);
      expect(await provider.introspect(access)).toMatchObject({
        active: true,
        sub,
        sid,
        jti,
        username: 'staff',
        client_id: 'kontor-portal',
        realm_access: { roles: ['operator-staff'] },
      });
    });

    it('says no about a revoked token, and about one that others signed', async () => {
      const { access } = await provider.tokensOf('staff');
      await provider.revoke(access);
      expect(await provider.introspect(access)).toEqual({ active: false });
      const [header = '', payload = ''] = (await provider.serviceAccountToken()).split('.');
      expect(await provider.introspect(`${header}.${payload}.${Buffer.from('forged').toString('base64url')}`)).toEqual({
        active: false,
      });
    });

    it('is for clients that prove who they are', async () => {
      const token = await provider.serviceAccountToken();
      const wrong = await post(at.introspection, { id: 'kontor-portal', secret: 'wrong' }, { token });
      expect(wrong).toMatchObject({ status: 401, body: { error: expect.stringContaining('client') } });
      const nameless = await post(at.introspection, { id: 'kontor-cli' }, { token });
      expect(nameless.body['active']).not.toBe(true);
    });
  });

  describe('signing out', () => {
    it('ends the session everywhere and leads back', async () => {
      const { access, refresh: token, id } = await provider.tokensOf('researcher2');
      const back = `${PUBLIC_URL}/`;
      const query = new URLSearchParams({ id_token_hint: id, post_logout_redirect_uri: back, state: 's' });
      const response = await request(`${at.endSession}?${query}`, new CookieJar());
      expect(response.headers.get('location')).toBe(`${back}?state=s`);
      expect(await provider.introspect(access)).toEqual({ active: false });
      expect((await refresh(token)).status).toBe(400);
    });

    it('leads nowhere else', async () => {
      const { id, access } = await provider.tokensOf('researcher2');
      const query = new URLSearchParams({ id_token_hint: id, post_logout_redirect_uri: 'https://evil.example/' });
      const response = await request(`${at.endSession}?${query}`, new CookieJar());
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
      expect(await provider.introspect(access)).toMatchObject({ active: true });
    });
  });

  describe('a service account', () => {
    it('gets an access token for the API with its secret', async () => {
      const token = await provider.serviceAccountToken();
      expect(decodeJwt(token)).toMatchObject({
        aud: 'kontor-api',
        azp: 'kontor-service',
        typ: 'Bearer',
        sub: '5b0c7f9e-8f3f-5b0b-9d1c-0a6a5f0f8d11',
        preferred_username: 'service-account-kontor-service',
      });
      expect(await provider.introspect(token)).toMatchObject({ active: true });
    });
  });

  describe('a new key', () => {
    it('signs from now on, while the old one still verifies what it signed', async () => {
      const before = await provider.tokensOf('staff');
      await provider.rotateKeys();
      const after = await provider.tokensOf('staff');
      const kid = (token: string) => decodeProtectedHeader(token).kid;
      expect(kid(after.access)).not.toBe(kid(before.access));
      const keys = createRemoteJWKSet(new URL(at.keys));
      for (const { access, id } of [before, after]) {
        for (const token of [access, id]) await expect(jwtVerify(token, keys)).resolves.toBeDefined();
        expect(await provider.introspect(access)).toMatchObject({ active: true });
      }
      expect((await refresh(before.refresh)).status).toBe(200);
    });
  });

  deviceFlow(() => provider);
  refusals(() => provider, portal);
}
