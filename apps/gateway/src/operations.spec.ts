import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, SERVICES } from '../testing/gateway-under-test.ts';

describe('health', () => {
  it('is good while every service serves, and needs no token', async () => {
    await using it = await setup();
    expect(await it.get('/healthz', { token: false })).toMatchObject({
      status: 200,
      json: {
        status: 'ok',
        services: { quota: 'serving', compute: 'serving', tenancy: 'serving', identity: 'serving' },
      },
    });
  });

  it('names the service that does not serve, within two seconds', async () => {
    await using it = await setup();
    await it.services.quota.close();
    const since = performance.now();
    expect(await it.get('/healthz')).toMatchObject({
      status: 503,
      json: { status: 'degraded', services: { quota: 'unreachable', compute: 'serving' } },
    });
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});

describe('metrics', () => {
  it('time requests by the template of their route, not by every path there is', async () => {
    await using it = await setup();
    await it.get(jobs);
    await it.get(`${jobs}/7`);
    await it.get('/somewhere/else');
    const { text, headers } = await it.get('/metrics', { token: false });
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/_count\{method="GET",route="\/v1\/projects\/:projectId\/jobs",status="200"\} 1$/m);
    expect(text).toMatch(/_count\{method="GET",route="\/v1\/projects\/:projectId\/jobs\/:jobId",status="400"\} 1$/m);
    expect(text).toMatch(/_count\{method="GET",route="none",status="404"\} 1$/m);
    expect(text).toContain('process_resident_memory_bytes');
  });
});

describe('every reply', () => {
  it.each(['/v1/me', '/v1/nothing', '/healthz', jobs])('tells browsers to keep off, as %s does', async (path) => {
    await using it = await setup();
    const { headers } = await it.get(path, { headers: { origin: 'https://elsewhere.example' } });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    const absent = ['access-control-allow-origin', 'x-powered-by', 'etag'];
    for (const name of absent) expect(headers).not.toHaveProperty(name);
  });

  it("carries the id of its request: the caller's where it is readable", async () => {
    await using it = await setup();
    const idOf = async (headers: Record<string, string>) =>
      (await it.get('/v1/me', { headers })).headers['x-request-id'];
    const made = /^[0-9a-f-]{36}$/;
    expect(await idOf({ 'x-request-id': 'trace-7:b.c_d' })).toBe('trace-7:b.c_d');
    expect(await idOf({})).toMatch(made);
    for (const offered of ['with space', '<script>', 'x'.repeat(101)]) {
      expect(await idOf({ 'x-request-id': offered })).toMatch(made);
    }
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
