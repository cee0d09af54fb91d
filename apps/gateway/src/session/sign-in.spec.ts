import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { browser } from '../../testing/browser.ts';
import { gatewayUnderTest, SERVICES, type Change } from '../../testing/gateway-under-test.ts';

const PUBLIC = 'https://kontor.example.org';

describe('signing in', () => {
  it('leads to the provider with PKCE, a state and a nonce, none of which is used twice', async () => {
    await using it = await setup();
    const [one, two] = [await it.start('/'), await it.start('/')];
    expect(`${one.origin}${one.pathname}`).toBe(`${it.realm.issuer}/protocol/openid-connect/auth`);
    expect(Object.fromEntries(one.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'kontor-portal',
      redirect_uri: `${PUBLIC}/auth/callback`,
      scope: 'openid profile email',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
      expect(one.searchParams.get(name)).not.toBe(two.searchParams.get(name));
    }
  });

  it('leaves a sealed cookie for ten minutes, over HTTPS one that no other host can set', async () => {
    await using it = await setup();
    const reply = await it.page.get('/auth/sign-in');
    expect(reply.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-kontor-sign-in-[\w-]{8}=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
  });

  const elsewhere = [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'jobs',
    '',
    'javascript:alert(1)',
    '/\n//evil.example',
    `/${'x'.repeat(2_000)}`,
    `/${'é'.repeat(500)}`,
    'https:evil.example',
  ];
  it.each(elsewhere)('does not come back to %j', async (returnTo) => {
    await using it = await setup();
    const reply = await it.page.get(`/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`);
    expect(reply).toMatchObject({ status: 400, json: { code: 'return_to_invalid' } });
    expect(reply.headers.getSetCookie()).toEqual([]);
  });

  it.each([`/${'x'.repeat(1_900)}`, `/${'é'.repeat(300)}`])('comes back to as long a path as %s', async (returnTo) => {
    await using it = await setup();
    expect((await it.start(returnTo)).href).toContain(it.realm.issuer);
  });

  const several = ['return_to=/a&return_to=/b', 'return_to[x]=/a'];
  it.each(several)('does not come back to two places, as in ?%s', async (query) => {
    await using it = await setup();
    const reply = await it.page.get(`/auth/sign-in?${query}`);
    expect([302, 400]).toContain(reply.status);
    expect(reply.headers.get('location') ?? it.realm.issuer).toContain(it.realm.issuer);
  });

  it('begins under the name to which the provider leads back, where one machine has several', async () => {
    await using it = await setup({ publicUrl: 'http://localhost:7800' });
    const reply = await it.page.get('/auth/sign-in?return_to=/jobs');
    expect({ status: reply.status, to: reply.headers.get('location') }).toEqual({
      status: 302,
      to: 'http://localhost:7800/auth/sign-in?return_to=/jobs',
    });
  });

  it('is a problem while the provider is away', async () => {
    await using it = await setup({ issuer: 'http://127.0.0.1:1/realms/kontor' });
    expect(await it.page.get('/auth/sign-in')).toMatchObject({ status: 503, json: { code: 'identity_unavailable' } });
  });
});

describe('coming back from the provider', () => {
  const nonsense = ['', '?', '?code=x', '?state=x&code=y', '?state=x&error=denied', '?state[]=x', '?state=__proto__'];
  it.each(nonsense)('with %j, without having gone there, is a problem', async (query) => {
    await using it = await setup();
    const reply = await it.page.get(`/auth/callback${query}`);
    const help = 'Start again at /auth/sign-in.';
    expect(reply).toMatchObject({ status: 400, json: { code: 'sign_in_unknown', help } });
  });

  it('with a refusal says why, and the attempt is over', async () => {
    await using it = await setup();
    const state = (await it.start('/')).searchParams.get('state') ?? '';
    const callback = `/auth/callback?state=${state}&error=access_denied&error_description=%3Cscript%3E`;
    expect(await it.page.get(callback)).toMatchObject({
      status: 401,
      json: { code: 'sign_in_refused', detail: 'The identity provider refuses: access_denied.' },
    });
    expect(await it.page.get(callback)).toMatchObject({ status: 400, json: { code: 'sign_in_unknown' } });
  });

  it('with a code that the provider does not take is a problem, and leaves no session', async () => {
    await using it = await setup();
    const state = (await it.start('/')).searchParams.get('state') ?? '';
    expect([401, 503]).toContain((await it.page.get(`/auth/callback?state=${state}&code=x`)).status);
    expect((await it.page.get('/auth/session')).json).toEqual({ signedIn: false });
  });
});

describe('a browser without a session', () => {
  const cookies = { none: '', noise: 'kontor-session=x', tokens: 'kontor-session=e30.e30.AA', oddities: '=; ;;=x' };
  it.each(Object.entries(cookies))('with %s in its cookie is nobody, and told so', async (_, cookie) => {
    await using it = await setup({ publicUrl: 'http://localhost:7800' });
    expect(await it.page.get('/v1/me', { cookie })).toMatchObject({ status: 401, json: { code: 'no_token' } });
    expect((await it.page.get('/auth/session', { cookie })).json).toEqual({ signedIn: false });
  });

  it('may sign out, which changes nothing', async () => {
    await using it = await setup();
    expect(await it.page.ask('POST', '/auth/sign-out')).toMatchObject({ status: 200, json: { url: `${PUBLIC}/` } });
  });
});

async function setup(change: Change = {}) {
  const it = await gatewayUnderTest(await testTls(SERVICES), { publicUrl: PUBLIC, ...change });
  const page = browser(it.url);
  const start = async (returnTo: string) => {
    const { headers } = await page.get(`/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`);
    return new URL(headers.get('location') ?? '');
  };
  return { ...it, page, start };
}
