import { request, type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { Problem } from '@kontor/kit/problem';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import { digestOf } from '../testing/fake-compute.ts';
import { gatewayUnderTest, jobs, newJob, SERVICES } from '../testing/gateway-under-test.ts';

describe('logs of a job', () => {
  it('are text, from the offset on', async () => {
    await using it = await setup();
    expect(await it.get(`${it.job}/logs/stdout`)).toMatchObject({
      status: 200,
      text: 'one\ntwo\nthree\n',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    expect(await it.get(`${it.job}/logs/stderr?offset=4`)).toMatchObject({ status: 200, text: 'two\nthree\n' });
  });

  it('are followed as they are written, until the reader hangs up', async () => {
    await using it = await setup();
    const reply = await open(`${it.url}${it.job}/logs/stdout?follow=true`, it.token);
    let seen = '';
    reply.on('data', (chunk: Buffer) => (seen += chunk.toString())).on('error', () => undefined);
    await eventually('three lines followed', () => seen.includes('followed 3\n'));
    expect(it.compute.followers).toBe(1);
    reply.destroy();
    await eventually('compute is told', () => it.compute.followers === 0);
  });

  it('of a job that has printed nothing yet are answered at once', async () => {
    await using it = await setup();
    it.compute.logGate = new Promise(() => undefined);
    const reply = await open(`${it.url}${it.job}/logs/stdout?follow=true`, it.token);
    expect(reply.statusCode).toBe(200);
    reply.destroy();
  });

  it('that cannot be read are a problem', async () => {
    await using it = await setup();
    expect(await it.get(`${jobs}/${newJob().id}/logs/stdout`)).toMatchObject(refused(404, 'job_not_found'));
    for (const offset of ['-1', '9007199254740992', '9223372036854775807'])
      expect(await it.get(`${it.job}/logs/stdout?offset=${offset}`)).toMatchObject(refused(400, 'invalid_request'));
    expect(await it.get(`${it.job}/logs/stdout?follow=perhaps`)).toMatchObject({ status: 400 });
  });

  it('that break off in the middle are cut, so that nobody takes them for whole', async () => {
    await using it = await setup();
    it.compute.logFailure = Problem.unavailable('engine_unreachable', 'The engine does not answer.');
    await expect(it.get(`${it.job}/logs/stdout?follow=true`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect(await it.get('/v1/me')).toMatchObject({ status: 200 });
  });

  it('asked for by HEAD leave nobody reading', async () => {
    await using it = await setup();
    expect(await it.ask('HEAD', `${it.job}/logs/stdout?follow=true`)).toMatchObject({ status: 200, text: '' });
    await eventually('compute is told', () => it.compute.followers === 0);
  });

  it('can be followed sixteen at a time, and by others as many', async () => {
    await using it = await setup();
    const follow = () => open(`${it.url}${it.job}/logs/stdout?follow=true`, it.token);
    const open16 = await Promise.all(Array.from({ length: 16 }, follow));
    open16.forEach((reply) => reply.on('error', () => undefined));
    expect(await it.get(`${it.job}/logs/stdout`)).toMatchObject(refused(429, 'too_many_streams'));
    const other = await it.realm.token({ sub: 'another', realm_access: { roles: ['operator-staff'] } });
    expect(await it.get(`${it.job}/logs/stdout`, { token: other })).toMatchObject({ status: 200 });
    open16.pop()?.destroy();
    await eventually('compute is told', () => it.compute.followers === 15);
    expect(await it.get(`${it.job}/logs/stdout`)).toMatchObject({ status: 200 });
    open16.forEach((reply) => reply.destroy());
  });

  it('are read from compute no faster than the reader takes them', async () => {
    await using it = await setup();
    it.compute.log = ['x'.repeat(64 * 1024)];
    it.compute.followEveryMs = 0;
    it.compute.followed = 'y'.repeat(64 * 1024);
    const reply = await open(`${it.url}${it.job}/logs/stdout?follow=true`, it.token);
    const stalled = await eventually(
      'compute has to wait',
      async () => {
        const before = it.compute.followedLines;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return it.compute.followedLines === before && before;
      },
      { withinMs: 10_000 },
    );
    expect(stalled * it.compute.followed.length).toBeLessThan(32 * 1024 * 1024);
    reply.destroy();
  });
});

describe('outputs of a job', () => {
  it('are bytes of known length under their digest', async () => {
    await using it = await setup();
    const { path, bytes } = it.compute.output;
    expect(await it.get(`${it.job}/outputs/${path}`)).toMatchObject({
      status: 200,
      text: bytes.toString(),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(bytes.length),
        etag: `"${digestOf(bytes)}"`,
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
      },
    });
  });

  it('are not sent to whoever names the digest that they have', async () => {
    await using it = await setup();
    const { path, bytes } = it.compute.output;
    const headers = { 'if-none-match': `"${digestOf(bytes)}"` };
    expect(await it.get(`${it.job}/outputs/${path}`, { headers })).toMatchObject({ status: 304, text: '' });
    const other = { 'if-none-match': `"${digestOf(Buffer.from('other'))}"` };
    expect(await it.get(`${it.job}/outputs/${path}`, { headers: other })).toMatchObject({ status: 200 });
  });

  const elsewhere = ['other.json', 'out', 'out/../out/metrics.json', 'out%2f..%2fmetrics', '%2e%2e/etc/passwd', '%00'];
  it.each(elsewhere)('that were not declared, such as %s, are not there', async (path) => {
    await using it = await setup();
    expect(await it.get(`${it.job}/outputs/${path}`)).toMatchObject(refused(404, 'output_not_found'));
  });

  it('that come short of what was announced are cut', async () => {
    await using it = await setup();
    it.compute.output.bytes = it.compute.output.bytes.subarray(0, 3);
    await expect(it.get(`${it.job}/outputs/${it.compute.output.path}`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });
});

async function setup() {
  const it = await gatewayUnderTest(await testTls(SERVICES));
  const job = newJob();
  await it.post(jobs, job);
  return { ...it, job: `${jobs}/${job.id}` };
}

const refused = (status: number, code: string) => ({ status, json: { code } });

/** A reply whose body has not been read. */
const open = (url: string, token: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { headers: { authorization: `Bearer ${token}` }, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
