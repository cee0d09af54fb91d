import { describe, expect, it } from '@jest/globals';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { Problem } from '@kontor/kit/problem';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, PROJECT, SERVICES } from '../testing/gateway-under-test.ts';

const problem = (kind: Kind) =>
  new Problem(kind, 'some_reason', 'It is so.', 'Do otherwise.', [{ field: 'a.b', detail: 'is odd' }]);

const statuses: Record<string, [Kind, number]> = {
  'what is malformed': [Kind.INVALID, 400],
  'an unknown caller': [Kind.UNAUTHENTICATED, 401],
  'what is not allowed': [Kind.FORBIDDEN, 403],
  'what is not there': [Kind.NOT_FOUND, 404],
  'what exists otherwise': [Kind.CONFLICT, 409],
  'what a rule refuses': [Kind.REFUSED, 422],
  'what is used up': [Kind.EXHAUSTED, 402],
  'what cannot be reached': [Kind.UNAVAILABLE, 503],
  'what takes too long': [Kind.DEADLINE, 504],
};

describe('a problem of a service', () => {
  it.each(Object.entries(statuses))('about %s keeps its words on its way to the caller', async (_, [kind, status]) => {
    await using it = await setup();
    it.compute.refusal = problem(kind);
    expect(await it.post(jobs, newJob())).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      json: {
        type: 'urn:kontor:problem:some_reason',
        code: 'some_reason',
        status,
        detail: 'It is so.',
        help: 'Do otherwise.',
        violations: [{ field: 'a.b', detail: 'is odd' }],
      },
    });
  });

  it('that nobody expected says nothing about the inside', async () => {
    await using it = await setup();
    it.compute.refusal = new Error('secret detail of the inside');
    const reply = await it.get(jobs);
    expect(reply).toMatchObject({ status: 500, json: { code: 'internal', help: expect.any(String) } });
    expect(reply.text).not.toContain('secret');
  });

  it('that passes soon says when to come back', async () => {
    await using it = await setup();
    it.quota.refusal = problem(Kind.UNAVAILABLE);
    expect((await it.get('/v1/rates')).headers['retry-after']).toBe('1');
  });
});

describe('a service that is down', () => {
  it('is a problem within three seconds, and only for what needs it', async () => {
    await using it = await setup();
    expect(await it.get(jobs)).toMatchObject({ status: 200 });
    await it.services.compute.close();
    const since = performance.now();
    const replies = await Promise.all([
      it.get(jobs),
      it.post(jobs, newJob()),
      it.get(`${jobs}/${PROJECT}/logs/stdout`),
      it.put(`/v1/projects/${PROJECT}/files/${'0'.repeat(64)}`, Buffer.alloc(100_000)),
    ]);
    for (const reply of replies) {
      expect(reply).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
      expect(reply.headers['retry-after']).toBe('1');
    }
    expect(performance.now() - since).toBeLessThan(3_000);
    expect(await it.get('/v1/rates')).toMatchObject({ status: 200 });
  });

  it('that was never up is one as well', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES), { quota: '127.0.0.1:1' });
    expect(await it.get('/v1/rates')).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
  });

  it('is one whose certificate another authority has signed', async () => {
    const stranger = await testTls(['gateway'], { stranger: true });
    await using it = await gatewayUnderTest(await testTls(SERVICES), { tls: stranger.of('gateway') });
    expect(await it.get('/v1/rates')).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
  });

  it('is one for every route, public ones excepted, where it is tenancy, which says what callers may do', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES), { tenancy: '127.0.0.1:1' });
    for (const path of [jobs, '/v1/rates', '/v1/me', '/v1/tenants']) {
      expect(await it.get(path)).toMatchObject({ status: 503, json: { code: 'service_unavailable' } });
    }
    expect(await it.get('/auth/session')).toMatchObject({ status: 200, json: { signedIn: false } });
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
