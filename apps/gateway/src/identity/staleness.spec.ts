import { describe, expect, it } from '@jest/globals';
import { Member_Role as MemberRole } from '@kontor/contracts/tenancy/v1/tenancy';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, PROJECT, SERVICES } from '../../testing/gateway-under-test.ts';

describe('a token that is revoked, or whose session has ended', () => {
  it('is refused within ten seconds, and however often it is shown the provider is asked once in them', async () => {
    await using it = await setup();
    const ada = { token: await it.realm.token() };
    const before = it.introspections();
    for (let i = 0; i < 5; i += 1) expect(await it.get('/v1/me', ada)).toMatchObject({ status: 200 });
    expect(it.introspections()).toBe(before + 1);
    it.realm.revoked.add(ada.token);
    it.clock.advance(10_001);
    const refusal = { status: 401, json: { code: 'token_revoked' } };
    for (let i = 0; i < 5; i += 1) expect(await it.get('/v1/me', ada)).toMatchObject(refusal);
    expect(it.introspections()).toBe(before + 2);
  });

  it('is asked about once for many requests at the same time', async () => {
    await using it = await setup();
    const ada = { token: await it.realm.token() };
    const before = it.introspections();
    const replies = await Promise.all(Array.from({ length: 20 }, () => it.get('/v1/me', ada)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(it.introspections()).toBe(before + 1);
    expect(it.tenancy.resolved).toHaveLength(1);
  });
});

describe('a membership', () => {
  it('that begins or ends is felt within five seconds, and tenancy is asked no more often', async () => {
    await using it = await setup();
    const ada = { token: await it.realm.token({ sub: 'ada' }) };
    expect(await it.get(jobs, ada)).toMatchObject({ status: 404, json: { code: 'project_not_found' } });
    it.tenancy.memberships.push({ subject: 'ada', in: PROJECT, role: MemberRole.VIEWER });
    it.clock.advance(5_001);
    for (let i = 0; i < 5; i += 1) expect(await it.get(jobs, ada)).toMatchObject({ status: 200 });
    it.tenancy.memberships.pop();
    it.clock.advance(5_001);
    expect(await it.get(jobs, ada)).toMatchObject({ status: 404, json: { code: 'project_not_found' } });
    expect(it.tenancy.resolved).toHaveLength(3);
  });

  it("of one person is never taken for another's, nor one project's for another", async () => {
    await using it = await setup();
    it.tenancy.memberships.push({ subject: 'ada', in: PROJECT, role: MemberRole.VIEWER });
    const ada = { token: await it.realm.token({ sub: 'ada' }) };
    const bob = { token: await it.realm.token({ sub: 'bob' }) };
    expect(await it.get(jobs, ada)).toMatchObject({ status: 200 });
    expect(await it.get(jobs, bob)).toMatchObject({ status: 404 });
    expect(await it.get(jobs.replace('2', '3'), ada)).toMatchObject({ status: 404 });
  });
});

describe('a project token', () => {
  const program = { token: `kpt_${'x'.repeat(43)}` };

  it('works in its project, on no account of the identity provider, and nowhere else', async () => {
    await using it = await setup();
    it.tenancy.tokens.set(program.token, { project: PROJECT, role: MemberRole.MEMBER });
    const before = it.introspections();
    expect(await it.get(jobs, program)).toMatchObject({ status: 200 });
    expect(await it.get('/v1/me', program)).toMatchObject({ status: 200, json: { reference: 'token:of-a-project' } });
    expect(await it.get('/v1/accounts', program)).toMatchObject({ status: 403, json: { code: 'not_allowed' } });
    expect(await it.get('/v1/projects', program)).toMatchObject({ status: 403, json: { code: 'not_allowed' } });
    expect(await it.get(jobs.replace('2', '3'), program)).toMatchObject({ status: 404 });
    expect(it.introspections()).toBe(before);
  });

  it("is refused in tenancy's words where it is not known, and within five seconds of its end", async () => {
    await using it = await setup();
    const refusal = { status: 401, json: { code: 'token_invalid' } };
    expect(await it.get(jobs, program)).toMatchObject(refusal);
    it.tenancy.tokens.set(program.token, { project: PROJECT, role: MemberRole.MEMBER });
    expect(await it.get(jobs, program)).toMatchObject({ status: 200 });
    it.tenancy.tokens.clear();
    it.clock.advance(5_001);
    expect(await it.get(jobs, program)).toMatchObject(refusal);
  });
});

describe('the identity provider', () => {
  const failures = {
    fails: { status: 500, body: '{}' },
    'answers a page instead of JSON': { status: 200, body: '<html>' },
    'answers something else': { status: 200, body: '{"keys": 7, "active": "perhaps"}' },
    'answers nothing': { status: 204, body: '' },
  };
  it.each(Object.entries(failures))('that %s is a problem that passes with it', async (_, failure) => {
    await using it = await setup();
    const ada = { token: await it.realm.token() };
    try {
      it.realm.failure = failure;
      const reply = await it.get('/v1/me', ada);
      expect(reply).toMatchObject({ status: 503, json: { code: 'identity_unavailable' } });
      expect(reply.headers['retry-after']).toBe('1');
      expect(await it.get('/healthz')).toMatchObject({ status: failure.status === 500 ? 503 : 200 });
    } finally {
      it.realm.failure = undefined;
    }
    expect(await it.get('/v1/me', ada)).toMatchObject({ status: 200 });
  });

  it('that fails when it is asked whether a token was revoked is a problem too, and never a yes', async () => {
    await using it = await setup();
    const ada = { token: await it.realm.token() };
    expect(await it.get('/v1/me', ada)).toMatchObject({ status: 200 });
    it.clock.advance(10_001);
    try {
      for (const failure of Object.values(failures)) {
        it.realm.failure = failure;
        expect(await it.get('/v1/me', ada)).toMatchObject({ status: 503, json: { code: 'identity_unavailable' } });
      }
    } finally {
      it.realm.failure = undefined;
    }
  });

  it('that is not there keeps nobody from asking how the gateway is', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES), { issuer: 'http://127.0.0.1:1/realms/kontor' });
    expect(await it.get('/v1/me')).toMatchObject({ status: 503, json: { code: 'identity_unavailable' } });
    expect(await it.get('/healthz')).toMatchObject({ status: 503, json: { services: { identity: 'unreachable' } } });
    expect(await it.get('/docs/openapi.json')).toMatchObject({ status: 200 });
  });
});

async function setup() {
  const clock = new FakeClock(new Date());
  const it = await gatewayUnderTest(await testTls(SERVICES), { clock });
  return { ...it, clock, introspections: () => it.realm.asked.get('introspect') ?? 0 };
}
