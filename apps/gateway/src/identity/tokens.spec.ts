import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { crafted, signedWithThePublicKey } from '../../testing/forged-tokens.ts';
import { gatewayUnderTest, SERVICES } from '../../testing/gateway-under-test.ts';
import { TestRealm } from '../../testing/test-realm.ts';

const gateway = await gatewayUnderTest(await testTls(SERVICES));
const { realm } = gateway;
const stranger = await TestRealm.start();
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await stranger.stop();
});

const now = Math.floor(Date.now() / 1_000);
const withoutSignature = async () => (await realm.token()).replace(/[^.]+$/, '');

const wrong: Record<string, [() => string | Promise<string>, code: string]> = {
  noise: [() => 'x'.repeat(40), 'token_malformed'],
  'two parts': [() => 'e30.e30', 'token_malformed'],
  'three parts of nothing': [() => '..', 'token_malformed'],
  'a header that is no object': [() => crafted([], realm.claims(), 'AAAA'), 'token_malformed'],
  'more than 8 KiB': [() => realm.token({ groups: 'x'.repeat(8_192) }), 'token_malformed'],
  'another scheme of token': [() => `kpx_${'x'.repeat(43)}`, 'token_malformed'],
  'one that has expired': [() => realm.token({ exp: now - 1 }), 'token_expired'],
  'one that never expires': [() => realm.token({ exp: undefined }), 'token_not_accepted'],
  'an end that is text': [() => realm.token({ exp: '9999999999' }), 'token_not_accepted'],
  'one that is not valid yet': [() => realm.token({ nbf: now + 60 }), 'token_not_yet_valid'],
  'one for another API': [() => realm.token({ aud: 'account' }), 'token_wrong_audience'],
  'one for nobody': [() => realm.token({ aud: undefined }), 'token_wrong_audience'],
  'one for an API with a longer name': [() => realm.token({ aud: 'kontor-api-2' }), 'token_wrong_audience'],
  'another issuer, our key': [() => realm.token({ iss: 'https://id.example.org/realms/kontor' }), 'token_wrong_issuer'],
  'another realm of the same server': [() => realm.token({ iss: `${realm.issuer}2` }), 'token_wrong_issuer'],
  'another server that claims to be ours': [() => stranger.token({ iss: realm.issuer }), 'token_not_accepted'],
  "a stranger's key under our key's name": [
    () => stranger.token({ iss: realm.issuer }, { header: { kid: realm.keys[0]!.kid } }),
    'token_not_accepted',
  ],
  'a token of another realm': [() => stranger.token(), 'token_not_accepted'],
  'no algorithm': [() => crafted({ alg: 'none', typ: 'JWT' }, realm.claims()), 'token_not_accepted'],
  "no algorithm, under our key's name": [
    () => crafted({ alg: 'none', kid: realm.keys[0]!.kid }, realm.claims()),
    'token_not_accepted',
  ],
  'a shared secret that is our public key': [() => signedWithThePublicKey(realm), 'token_not_accepted'],
  'no signature': [withoutSignature, 'token_not_accepted'],
  'a key that nobody has': [() => realm.token({}, { header: { kid: randomUUID() } }), 'token_not_accepted'],
  'no name of a key': [() => realm.token({}, { header: { kid: undefined } as object }), 'token_not_accepted'],
  'an ID token': [() => realm.token({ typ: 'ID', aud: 'kontor-api' }), 'token_not_accepted'],
  'a refresh token': [() => realm.token({ typ: 'Refresh' }), 'token_not_accepted'],
  'a token of no kind': [() => realm.token({ typ: undefined }), 'token_not_accepted'],
  'nobody in particular': [() => realm.token({ sub: undefined }), 'token_not_accepted'],
};

describe('a bearer token', () => {
  it.each(Object.entries(wrong))('is not %s', async (_, [make, code]) => {
    const token = await make();
    const reply = await gateway.get('/v1/me', { token });
    expect(reply).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      json: { code, help: expect.stringContaining('Sign in again') },
    });
    expect(reply.headers['www-authenticate']).toMatch(
      /^Bearer realm="kontor", error="invalid_token", error_description="[\x20-\x7e]+"$/,
    );
    expect(JSON.stringify(reply)).not.toContain(token);
  });

  it.each(Object.entries(wrong))('is refused without a question to the provider where it is %s', async (_, [make]) => {
    const before = realm.asked.get('introspect');
    await gateway.get('/v1/me', { token: await make() });
    expect(realm.asked.get('introspect')).toBe(before);
  });

  const authorizations: Record<string, string> = {
    nothing: '',
    'the word alone': 'Bearer',
    'another scheme': 'Basic c3RhZmY6a29udG9yLWRlbW8=',
    'no scheme': 'e30.e30.',
    'two tokens': 'Bearer e30.e30.AA e30.e30.AA',
  };
  it.each(Object.entries(authorizations))('is not found in a header with %s', async (_, authorization) => {
    const reply = await gateway.get('/v1/me', { token: false, headers: { authorization } });
    expect(reply).toMatchObject({
      status: 401,
      json: { code: 'no_token' },
      headers: { 'www-authenticate': 'Bearer realm="kontor"' },
    });
  });

  it('is asked for before the body is looked at', async () => {
    expect(await gateway.ask('POST', '/v1/tenants', { raw: '{', token: false })).toMatchObject({ status: 401 });
  });

  it('is taken whatever the case of the scheme', async () => {
    const headers = { authorization: `bearer ${await realm.token()}` };
    expect(await gateway.get('/v1/me', { token: false, headers })).toMatchObject({ status: 200 });
  });

  it('is good to its last second, and not beyond', async () => {
    const token = await realm.token({ exp: Math.floor(Date.now() / 1_000) + 2 });
    expect(await gateway.get('/v1/me', { token })).toMatchObject({ status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await gateway.get('/v1/me', { token })).toMatchObject({ status: 401, json: { code: 'token_expired' } });
  });

  it('tells tenancy who it is, and nothing that the realm has not said', async () => {
    const token = await realm.token({
      sub: 'ada',
      email_verified: 'true',
      name: 7,
      realm_access: { roles: ['auditor', 'offline_access'] },
    });
    expect(await gateway.get('/v1/me', { token })).toMatchObject({
      status: 200,
      json: { reference: 'person:ada', roles: ['SIGNED_IN', 'AUDITOR'], operator: 'demo' },
    });
    expect(gateway.tenancy.resolved.at(-1)?.credential.value).toMatchObject({
      issuer: realm.issuer,
      subject: 'ada',
      name: '',
      email: 'ada@demo.example',
      emailVerified: false,
      realmRoles: ['auditor'],
    });
  });

  it('is as good as any where the realm says more of somebody than tenancy takes', async () => {
    const roles = [...Array.from({ length: 150 }, (_, i) => `role-${i}`), 'x'.repeat(150), 'auditor'];
    const name = `\0${'A'.repeat(199)}\u{1f600} and so on`;
    const token = await realm.token({ name, email: `${'x'.repeat(320)}@demo.example`, realm_access: { roles } });
    expect(await gateway.get('/v1/me', { token })).toMatchObject({ status: 200 });
    const said = { name: `${'A'.repeat(199)}\ufffd`, email: '', realmRoles: ['auditor'] };
    expect(gateway.tenancy.resolved.at(-1)?.credential.value).toMatchObject(said);
  });
});

describe('the keys of the realm', () => {
  it('may be rotated: a new one counts at once, the one before as long as the realm shows it', async () => {
    const before = await realm.token();
    for (let round = 0; round < 3; round += 1) {
      // Somebody who names keys that nobody has does not get in the way.
      await gateway.get('/v1/me', { token: await realm.token({}, { header: { kid: randomUUID() } }) });
      await realm.rotate();
      expect(await gateway.get('/v1/me', { token: await realm.token() })).toMatchObject({ status: 200 });
    }
    expect(await gateway.get('/v1/me', { token: before })).toMatchObject({ status: 200 });
  });

  it('are asked for once a second at most, whoever names unknown ones', async () => {
    const before = realm.asked.get('certs') ?? 0;
    const since = performance.now();
    const unknown = Array.from({ length: 40 }, () => realm.token({}, { header: { kid: randomUUID() } }));
    const replies = await Promise.all(unknown.map(async (token) => gateway.get('/v1/me', { token: await token })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    const seconds = (performance.now() - since) / 1_000;
    expect((realm.asked.get('certs') ?? 0) - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });
});
