import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, SERVICES, TOKEN } from '../testing/gateway-under-test.ts';

const authorizations: Record<string, string | undefined> = {
  'none at all': undefined,
  'an empty one': '',
  'the word alone': 'Bearer',
  'another scheme': `Basic ${TOKEN}`,
  'no scheme': TOKEN,
  'two tokens': `Bearer ${TOKEN} ${TOKEN}`,
  'another token of the same length': `Bearer ${'x'.repeat(TOKEN.length)}`,
  'the beginning of the token': `Bearer ${TOKEN.slice(0, -1)}`,
  'the token and more': `Bearer ${TOKEN}x`,
  'the token in upper case': `Bearer ${TOKEN.toUpperCase()}`,
};

describe('the token', () => {
  it.each(Object.entries(authorizations))('is not %s', async (_, authorization) => {
    await using it = await setup();
    const headers = authorization === undefined ? {} : { authorization };
    const reply = await it.ask('POST', jobs, { body: newJob(), token: false, headers });
    expect(reply).toMatchObject({
      status: 401, headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/problem+json; charset=utf-8' },
      json: {
        code: expect.stringMatching(/^(no|wrong)_token$/), help: expect.stringContaining('npm start prints the token'),
      },
    });
    expect(it.compute.jobs.size).toBe(0);
  });

  it('is taken whatever the case of the scheme', async () => {
    await using it = await setup();
    const headers = { authorization: `bearer ${TOKEN}` };
    expect(await it.get('/v1/me', { token: false, headers })).toMatchObject({ status: 200 });
  });

  it('is asked for before the body is looked at', async () => {
    await using it = await setup();
    expect(await it.ask('POST', jobs, { raw: '{', token: false })).toMatchObject({ status: 401 });
  });

  it('never comes back, neither in a reply nor in a problem', async () => {
    await using it = await setup();
    const replies = await Promise.all([it.get('/v1/me'), it.get('/metrics'), it.post(jobs, {}), it.get('/v1/nothing')]);
    for (const reply of replies) expect(JSON.stringify(reply)).not.toContain(TOKEN);
  });

  it('is wanted by every route under /v1, and by no other', async () => {
    await using it = await setup();
    for (const { method, path } of it.gateway.routes) {
      const reply = await it.ask(method, path.replace(/:\w+/g, 'x').replace('*path', 'x'), { token: false });
      expect({ path, status: reply.status }).toEqual({ path, status: path.startsWith('/v1/') ? 401 : 200 });
    }
    expect(it.gateway.routes.length).toBeGreaterThan(20);
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
