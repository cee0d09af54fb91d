import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { pino } from 'pino';
import { gatewayUnderTest, jobs, newJob, SERVICES } from '../testing/gateway-under-test.ts';
import { CLIENT } from '../testing/test-realm.ts';

describe('what the gateway writes down', () => {
  it('are requests, and none of the secrets in them, whatever becomes of these', async () => {
    await using it = await setup();
    const secrets = await it.showSecretsInEveryWay();
    const { text: metrics } = await it.get('/metrics', { token: false });
    const log = it.log();
    expect(log.match(/"msg":"request"/g)?.length).toBeGreaterThan(10);
    expect(log).toContain('unexpected failure');
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });

  it('names nobody: neither people nor what they are called', async () => {
    await using it = await setup();
    await it.get('/v1/me', { token: await it.realm.token({ sub: 'ada-s-own-id' }) });
    const personal = ['ada-s-own-id', 'Ada Example', 'ada@demo.example'];
    for (const word of personal) expect(it.log()).not.toContain(word);
  });
});

async function setup() {
  let written = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      written += chunk.toString();
      done();
    },
  });
  const sessionKeys = [randomBytes(32)];
  // No redaction: what is not given to the log cannot be forgotten to be hidden.
  const log = pino({ level: 'trace' }, stream);
  const it = await gatewayUnderTest(await testTls(SERVICES), { log, sessionKeys });

  /** Good tokens and bad ones, in headers, queries and cookies, answered, refused and failed upon. */
  const showSecretsInEveryWay = async () => {
    const [expired, signature] = [await it.realm.token({ exp: 1 }), it.token.split('.')[2] ?? ''];
    const program = `kpt_${randomBytes(32).toString('base64url')}`;
    const code = randomBytes(16).toString('hex');
    await it.get('/v1/me');
    await it.get(`/v1/me?access_token=${it.token}`);
    await it.get('/v1/nothing');
    for (const token of [expired, program, `${it.token}x`]) await it.get('/v1/me', { token });
    await it.get(jobs, { token: false, headers: { cookie: `kontor-session=${it.token}` } });
    await it.get(`/auth/callback?state=x&code=${code}`, { token: false });
    await it.get('/auth/sign-in?return_to=/', { token: false });
    it.compute.refusal = new Error('a failure that nobody expected');
    await it.post(jobs, newJob());
    it.realm.failure = { status: 500, body: it.token };
    await it.get('/v1/me', { token: await it.realm.token() });
    it.realm.failure = undefined;
    const key = sessionKeys[0]?.toString('base64url') ?? '';
    return [it.token, signature, expired, expired.split('.')[2] ?? '', program, code, CLIENT.secret, key];
  };
  return { ...it, log: () => written, showSecretsInEveryWay };
}
