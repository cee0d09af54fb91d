import { describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CookieJar } from './cookie-jar.ts';
import { ensureKeys, rotate } from './keys.ts';
import { startProvider } from './provider.ts';
import { readRealm } from './realm-folder.ts';
import { obtainTokens, startDevice } from './sign-in.ts';
import { startEmbedded } from './testing/embedded.ts';
import { DEMO_PASSWORD } from './testing/realm-client.ts';
import { endpointsOf, post } from './token-endpoint.ts';

const PUBLIC_URL = 'http://localhost:7800';
const HOUR_MS = 3_600_000;

describe('a restart of the embedded provider', () => {
  it('keeps keys, sessions, grants and the count of wrong passwords', async () => {
    using folder = setup();
    const jar = new CookieJar();
    const first = await startEmbedded({ publicUrl: PUBLIC_URL, home: folder.path });
    const port = Number(new URL(first.issuer).port);
    const portal = { id: 'kontor-portal', secret: first.clientSecret, redirectUri: `${PUBLIC_URL}/auth/callback` };
    const before = await obtainTokens(first.issuer, portal, 'researcher', DEMO_PASSWORD, jar);
    for (let guess = 0; guess < 10; guess++) await first.tokensOf('nobody').catch(() => undefined);
    await first.stop();
    // By then the connections that the stop cut off are known to be cut.
    await delay(250);

    await using second = await startEmbedded({ publicUrl: PUBLIC_URL, home: folder.path, port });
    const { keys, token } = await endpointsOf(second.issuer);
    await expect(jwtVerify(before.access, createRemoteJWKSet(new URL(keys)))).resolves.toBeDefined();
    expect(await second.introspect(before.access)).toMatchObject({ active: true });
    await expect(obtainTokens(second.issuer, portal, 'x', 'no password', jar)).resolves.toMatchObject({ access: /./ });
    const refreshed = await post(token, portal, { grant_type: 'refresh_token', refresh_token: before.refresh });
    expect(refreshed.status).toBe(200);
    await expect(second.tokensOf('nobody')).rejects.toMatchObject({ status: 429 });
  });

  it('needs keys that are whole', async () => {
    using folder = setup();
    writeFileSync(join(folder.path, 'keys.json'), '{"signing": [');
    await expect(startEmbedded({ publicUrl: PUBLIC_URL, home: folder.path })).rejects.toMatchObject({
      message: expect.stringContaining('are damaged'),
      help: expect.stringContaining('Restore the file'),
    });
  });
});

describe('keys', () => {
  it('are for their owner alone', async () => {
    using folder = setup();
    await ensureKeys(folder.file('keys.json'));
    expect(statSync(folder.file('keys.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(folder.file('keys.json'), 'utf8')).toContain('"alg": "RS256"');
  });

  it('that were replaced are published for as long as what they signed may be shown, and then dropped', async () => {
    using folder = setup();
    const file = folder.file('keys.json');
    const [first, rotateAt] = [
      await ensureKeys(file),
      async (now_ms: number) => rotate(file, await ensureKeys(file), HOUR_MS, now_ms),
    ];
    const second = await rotateAt(0);
    expect(second.signing.map(({ jwk }) => jwk.kid).slice(1)).toEqual([first.signing[0].jwk.kid]);
    const third = await rotateAt(HOUR_MS);
    expect(third.signing.map(({ jwk }) => jwk.kid).slice(1)).toEqual(second.signing.map(({ jwk }) => jwk.kid));
    const fourth = await rotateAt(HOUR_MS + 1);
    expect(fourth.signing.map(({ jwk }) => jwk.kid)).not.toContain(first.signing[0].jwk.kid);
    expect(fourth.cookie).toBe(first.cookie);
  });
});

describe('the embedded provider serves this machine alone', () => {
  it.each(['0.0.0.0', '::', '192.168.1.1', 'kontor.example'])('and does not listen on %s', async (host) => {
    using folder = setup();
    await expect(startProvider({ realm, home: folder.path, host, port: 0 })).rejects.toMatchObject({
      message: `The embedded sign-in server was told to listen on ${host}.`,
      help: expect.stringContaining('run a Keycloak server'),
    });
  });

  it.each([
    'https://id.example/realms/kontor',
    'http://localhost:1/realms/kontor',
    'http://localhost:7808/realms/other',
  ])('and is not the issuer %s', async (issuer) => {
    using folder = setup();
    const start = startProvider({ realm, home: folder.path, host: '127.0.0.1', port: 7808, issuer });
    await expect(start).rejects.toThrow(`cannot be the issuer ${issuer}.`);
  });

  it('under any name of this machine, as one issuer, and under no other name', async () => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const url = new URL(`${provider.issuer}/.well-known/openid-configuration`);
    const byName = await ask(url, `localhost:${url.port}`);
    expect(JSON.parse(byName.body)).toMatchObject({
      issuer: provider.issuer,
      jwks_uri: expect.stringContaining(provider.issuer),
    });
    expect((await ask(url, 'rebound.example')).status).toBe(421);
  });
});

describe('pages of the embedded provider', () => {
  it('run no script, load nothing, cannot be framed, and lead only here and to the gateway', async () => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const { verification_uri } = await startDevice(provider.issuer, 'kontor-cli');
    const response = await fetch(verification_uri);
    const page = await response.text();
    expect(page).not.toMatch(/<script|onfocus|javascript:/i);
    expect(page).toMatch(/<html lang="en">[\s\S]*<label for="user_code">/);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`default-src 'none'; script-src 'none'`);
    expect(policy).toContain(`form-action 'self' ${PUBLIC_URL};`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('take no form from another site', async () => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const { start, cookie } = await loginForm(provider.issuer);
    const answer = (headers: Record<string, string>) =>
      fetch(start, {
        method: 'POST',
        redirect: 'manual',
        headers,
        body: new URLSearchParams({ username: 'researcher', password: DEMO_PASSWORD }),
      });
    expect((await answer({ cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await answer({ cookie, origin: 'http://localhost:7800' })).status).toBe(403);
    expect((await answer({})).status).toBe(400);
    expect((await answer({ cookie: `${cookie}x` })).status).toBe(400);
    expect((await answer({ cookie, origin: new URL(start).origin })).status).toBe(303);
  });

  it('write what people typed as text', async () => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const { start, cookie } = await loginForm(provider.issuer);
    const body = new URLSearchParams({ username: '"><script>alert(1)</script>', password: 'x' });
    const page = await (await fetch(start, { method: 'POST', headers: { cookie }, body })).text();
    expect(page).toContain('&#34;&#62;&#60;script&#62;');
    expect(page).toMatch(/<p role="alert" id="fault">Name or password is wrong\.<\/p>/);
  });
});

describe('a token of the embedded provider', () => {
  it('is worth nothing by its record alone', async () => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const { access } = await provider.tokensOf('researcher');
    const { userinfo } = await endpointsOf(provider.issuer);
    const { jti } = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
    expect(decodeProtectedHeader(access)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect((await fetch(userinfo, { headers: { authorization: `Bearer ${jti}` } })).status).toBe(401);
    const inForm = new URLSearchParams({ access_token: jti });
    expect((await fetch(userinfo, { method: 'POST', body: inForm })).status).toBe(401);
    const signed = new URLSearchParams({ access_token: access });
    expect((await fetch(userinfo, { method: 'POST', body: signed })).status).toBe(200);
  });

  it.each(['', '?x=1', '/', '/?x=1'])('is taken in its signed form where %j follows an address', async (more) => {
    await using provider = await startEmbedded({ publicUrl: PUBLIC_URL });
    const { access } = await provider.tokensOf('researcher');
    const { jti } = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as { jti: string };
    const { introspection, userinfo } = await endpointsOf(provider.issuer);
    const portal = { id: 'kontor-portal', secret: provider.clientSecret };
    expect((await post(`${introspection}${more}`, portal, { token: access })).body).toMatchObject({ active: true });
    const ask = async (shown: string) =>
      fetch(`${userinfo}${more}`, { method: 'POST', body: new URLSearchParams({ access_token: shown }) });
    expect([(await ask(access)).status, (await ask(jti)).status]).toEqual([200, 401]);
  });
});

const realm = readRealm({
  KONTOR_PUBLIC_URL: PUBLIC_URL,
  KONTOR_PORTAL_SECRET: 'secret-of-the-portal',
  KONTOR_SERVICE_SECRET: 'secret-of-a-program',
});

function setup() {
  const path = mkdtempSync(join(tmpdir(), 'kontor-identity-'));
  return {
    path,
    file: (name: string) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** A request that names a host of its own, which fetch does not let one do. */
async function ask(url: URL, host: string) {
  const outgoing = httpRequest(url, { headers: { host } }).end();
  const [response] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: Number(response.statusCode), body: Buffer.concat(chunks).toString() };
}

/** A login page that waits for its answer: its URL, and the cookies that go with it. */
async function loginForm(issuer: string) {
  const { authorization } = await endpointsOf(issuer);
  const query = new URLSearchParams({
    client_id: 'kontor-portal',
    redirect_uri: `${PUBLIC_URL}/auth/callback`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const response = await fetch(`${authorization}?${query}`, { redirect: 'manual' });
  const jar = new CookieJar();
  jar.keep(authorization, response);
  const start = new URL(response.headers.get('location') ?? '', authorization).href;
  return { start, cookie: jar.header(start) };
}
