import { describe, expect, it } from '@jest/globals';
import type { IdentityProvider } from '../testing/identity-provider.ts';
import { DEMO_PASSWORD } from '../testing/realm-client.ts';
import { endpointsOf, post, type OidcClient } from '../token-endpoint.ts';
import { rawFlow } from './raw-flow.ts';

/** Of the realm file: so many wrong passwords in a row, and none is looked at for a minute. */
const FAILURE_FACTOR = 10;

/** What a sign-in server must not do. */
export function refusals(provider: () => IdentityProvider, portal: () => OidcClient & { redirectUri: string }) {
  const flow = () => rawFlow(provider().issuer, portal());
  const tokenFor = async (client: OidcClient, grant: Record<string, string>) =>
    post((await endpointsOf(provider().issuer)).token, client, grant);
  const { stringMatching } = expect;

  describe('a sign-in is refused', () => {
    it.each([
      ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
      ['with a plain challenge', { code_challenge_method: 'plain' }],
      ['for the implicit flow', { response_type: 'token' }],
    ])('%s', async (_, changes) => {
      const { location } = await flow().authorize(changes);
      expect(location).toEqual(stringMatching(/^http:\/\/localhost:7800\/auth\/callback[?#].*error=/));
    });

    it.each([
      ['for a redirect to another site', { redirect_uri: 'https://evil.example/auth/callback' }],
      ['for a redirect to another path', { redirect_uri: 'http://localhost:7800/elsewhere' }],
      ['for a redirect that continues the right one', { redirect_uri: 'http://localhost:7800/auth/callback/../x' }],
      ['for an unknown client', { client_id: 'nobody' }],
      ['for a client that signs nobody in', { client_id: 'kontor-service' }],
    ])('%s, and leads nowhere', async (_, changes) => {
      const { location, response } = await flow().authorize(changes);
      expect(location).toBe('');
      expect(response.status).toBeGreaterThanOrEqual(400);
    });

    it('with a wrong password and with an unknown name, in the same words', async () => {
      const wrong = await flow().signIn('researcher', 'wrong');
      const unknown = await flow().signIn('no-such-person', 'wrong');
      expect([wrong.location, unknown.location]).toEqual([undefined, undefined]);
      expect(wrong.page).toMatch(/wrong|Invalid/);
      expect(unknown.page).toBe(wrong.page);
    });

    it('for the name of a service account', async () => {
      const { location } = await flow().signIn('service-account-kontor-service', '');
      expect(location).toBeUndefined();
    });

    it('after too many wrong passwords, even with the right one', async () => {
      for (let guess = 0; guess < FAILURE_FACTOR; guess++) await flow().signIn('auditor', `guess ${guess}`);
      const right = await flow()
        .signIn('auditor', DEMO_PASSWORD)
        .catch(() => undefined);
      expect(right?.location).toBeUndefined();
      expect(await flow().codeOf('researcher', DEMO_PASSWORD)).not.toBe('');
    });
  });

  describe('a code is refused', () => {
    it('the second time, and what it gave the first time is taken back', async () => {
      const code = await flow().codeOf('researcher', DEMO_PASSWORD);
      const first = await flow().redeem(code);
      expect(first.status).toBe(200);
      expect(await flow().redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await provider().introspect(String(first.body['access_token']))).toEqual({ active: false });
    });

    it('for one of two who redeem it at the same moment', async () => {
      const code = await flow().codeOf('researcher', DEMO_PASSWORD);
      const answers = await Promise.all([flow().redeem(code), flow().redeem(code)]);
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    });

    it.each([
      ['with another verifier', { code_verifier: 'another-verifier-that-is-long-enough-0123456789' }],
      ['with another redirect', { redirect_uri: 'http://localhost:7800/elsewhere' }],
      ['that nobody gave', { code: 'made-up' }],
    ])('%s', async (_, changes) => {
      const code = await flow().codeOf('researcher', DEMO_PASSWORD);
      expect(await flow().redeem(code, changes)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });
  });

  describe('tokens are refused', () => {
    const service = () => ({ id: 'kontor-service', secret: provider().serviceSecret });
    const cases = {
      'to a program with a wrong secret': () =>
        tokenFor({ id: 'kontor-service', secret: 'wrong' }, { grant_type: 'client_credentials' }),
      'to a client that has no service account': () => tokenFor(portal(), { grant_type: 'client_credentials' }),
      'to the API itself': () => tokenFor({ id: 'kontor-api' }, { grant_type: 'client_credentials' }),
      'for a password sent by a program': () =>
        tokenFor(portal(), { grant_type: 'password', username: 'researcher', password: DEMO_PASSWORD }),
      'for another client’s refresh token': async () => {
        const { refresh } = await provider().tokensOf('researcher');
        return tokenFor(service(), { grant_type: 'refresh_token', refresh_token: refresh });
      },
    };

    it.each(Object.entries(cases))('%s', async (_, ask) => {
      const { status, body } = await ask();
      expect([400, 401]).toContain(status);
      expect(body).toEqual({ error: expect.any(String), error_description: expect.any(String) });
    });
  });
}
