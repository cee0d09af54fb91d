import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, PROJECT, SERVICES, TENANT, workload } from '../testing/gateway-under-test.ts';
import type { Ask } from '../testing/http-client.ts';

const MIB = 1024 * 1024;
const text1MiB = JSON.stringify(newJob({ name: 'x'.repeat(MIB) }));

const withMemory = (memoryBytes: string) => newJob({ workload: workload({ memoryBytes }) });
const chunked = { 'transfer-encoding': 'chunked' };
const ofType = (type: string) => ({ 'content-type': type });

/** What is sent to POST …/jobs, and what must come back. */
const bodies: Record<string, [Ask, number, string]> = {
  nothing: [{}, 400, 'malformed_json'],
  'an empty body': [{ raw: '' }, 400, 'malformed_json'],
  'half an object': [{ raw: '{"id": ' }, 400, 'malformed_json'],
  'NaN, which JSON does not have': [{ raw: '{"workload": {"devices": NaN}}' }, 400, 'malformed_json'],
  'two documents': [{ raw: '{} {}' }, 400, 'malformed_json'],
  'bytes that are not UTF-8': [{ raw: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }, 400, 'malformed_json'],
  'a list': [{ body: [] }, 400, 'invalid_request'],
  null: [{ raw: 'null' }, 400, 'invalid_request'],
  'an empty object': [{ body: {} }, 400, 'invalid_request'],
  'an unknown field': [{ body: newJob({ nickname: 'x' }) }, 400, 'invalid_request'],
  'a text for an integer': [{ body: newJob({ workload: workload({ devices: 'two' }) }) }, 400, 'invalid_request'],
  '2^53 + 1 as a number': [
    { raw: JSON.stringify(newJob()).replace('"268435456"', '9007199254740993') },
    400,
    'invalid_request',
  ],
  '2^63 - 1': [{ body: withMemory('9223372036854775807') }, 400, 'invalid_request'],
  '2^63': [{ body: withMemory('9223372036854775808') }, 400, 'invalid_request'],
  'a name of 101 characters': [{ body: newJob({ name: 'x'.repeat(101) }) }, 400, 'invalid_request'],
  'the NUL character': [{ body: newJob({ name: 'a\0b' }) }, 400, 'invalid_request'],
  'the NUL character in a key': [
    { body: newJob({ workload: workload({ environment: { 'A\0': 'x' } }) }) },
    400,
    'invalid_request',
  ],
  'a key of half a MiB': [
    { body: newJob({ workload: workload({ environment: { ['K'.repeat(MIB / 2)]: 'x' } }) }) },
    400,
    'invalid_request',
  ],
  'half a surrogate pair in a key': [
    {
      raw: JSON.stringify(newJob({ workload: workload({ environment: { HALF: 'x' } }) })).replace('HALF', '\\ud800'),
    },
    400,
    'invalid_request',
  ],
  'half a surrogate pair': [
    { raw: JSON.stringify(newJob({ name: 'HALF' })).replace('HALF', '\\ud800') },
    400,
    'invalid_request',
  ],
  'an id in upper case': [{ body: newJob({ id: '018F0000-0000-7000-8000-00000000AAAA' }) }, 400, 'invalid_request'],
  'a path that climbs': [{ body: newJob({ workload: workload({ outputs: ['../secret'] }) }) }, 400, 'invalid_request'],
  'lists in each other': [{ raw: '['.repeat(100_000) + ']'.repeat(100_000) }, 400, 'invalid_request'],
  'objects in each other': [{ raw: `${'{"workload":'.repeat(80_000)}1${'}'.repeat(80_000)}` }, 400, 'invalid_request'],
  'a list of 300,001 empty inputs': [
    { raw: `{"workload":{"inputs":[${'{},'.repeat(300_000)}{}]}}` },
    400,
    'invalid_request',
  ],
  'a list of 1,000 empty inputs': [
    { body: newJob({ workload: workload({ inputs: Array(1_000).fill({}) }) }) },
    400,
    'invalid_request',
  ],
  'more than 1 MiB': [{ raw: text1MiB }, 413, 'body_too_large'],
  'more than 1 MiB in chunks': [{ raw: text1MiB, headers: chunked }, 413, 'body_too_large'],
  'a form': [{ raw: 'id=1', headers: ofType('application/x-www-form-urlencoded') }, 415, 'unsupported_media_type'],
  text: [{ raw: '{}', headers: ofType('text/plain') }, 415, 'unsupported_media_type'],
  'JSON in UTF-16': [{ raw: '{}', headers: ofType('application/json; charset=utf-16') }, 415, 'unsupported_media_type'],
  'JSON in gzip': [{ raw: '{}', headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type'],
};

/** None of these requests may change anything, so they can share a gateway. */
const gateway = await gatewayUnderTest(await testTls(SERVICES));
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a body that breaks a rule', () => {
  it.each(Object.entries(bodies))('such as %s is a problem, and creates nothing', async (_, [ask, status, code]) => {
    const reply = await gateway.ask('POST', jobs, ask);
    expect(reply).toMatchObject({ status, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
    expect(reply.json).toMatchObject({
      type: `urn:kontor:problem:${code}`,
      status,
      code,
      detail: expect.any(String),
      help: expect.any(String),
      title: expect.any(String),
      instance: `urn:kontor:request:${reply.headers['x-request-id']}`,
    });
    expect(reply.text.length).toBeLessThan(10_000);
    expect(gateway.compute.jobs.size).toBe(0);
  });

  it('is told by which rule, however large it is, up to the last byte that is taken', async () => {
    const longest = MIB - JSON.stringify({ reason: '' }).length;
    const body = { reason: 'x'.repeat(longest) };
    const reply = await gateway.ask('POST', `/v1/tenants/${TENANT}/suspend`, { body });
    expect(reply).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
  });

  it('takes a byte order mark and a charset in quotes, which are no faults', async () => {
    await using it = await setup();
    const headers = { 'content-type': 'Application/JSON; Charset="UTF-8"' };
    const raw = `\ufeff${JSON.stringify(newJob())}`;
    expect(await it.ask('POST', jobs, { raw, headers })).toMatchObject({ status: 201 });
  });

  it('leaves the connection usable for the next request', async () => {
    await using it = await setup();
    const { request, replies } = rawConnection(it.url);
    const head = `Host: x\r\nAuthorization: Bearer ${it.token}\r\n`;
    const large = `Content-Type: application/json\r\nContent-Length: ${MIB + 1}\r\n\r\n${'x'.repeat(MIB + 1)}`;
    request(`POST ${jobs} HTTP/1.1\r\n${head}${large}`);
    await sleep(200);
    request(`GET /v1/me HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    expect((await replies).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});

const urls: Record<string, [string, string, number, string]> = {
  'an unknown route': ['GET', '/v2/jobs', 404, 'route_not_found'],
  'an unknown file of the documentation': ['GET', '/docs/secret.js', 404, 'route_not_found'],
  'a path that climbs out of the documentation': ['GET', '/docs/..%2f..%2fpackage.json', 404, 'route_not_found'],
  'a NUL in a path': ['GET', '/docs/%00', 404, 'route_not_found'],
  'a method that a route does not answer': ['DELETE', jobs, 405, 'method_not_allowed'],
  'OPTIONS, because browsers of other sites have no business here': ['OPTIONS', jobs, 405, 'method_not_allowed'],
  'a path that is not UTF-8': ['GET', '/v1/projects/%ff/jobs', 400, 'malformed_path'],
  'a project that is no UUID': ['GET', '/v1/projects/mine/jobs', 400, 'invalid_request'],
  'a job that is no UUID': ['GET', `${jobs}/7`, 400, 'invalid_request'],
  'an unknown job': ['GET', `${jobs}/${PROJECT}`, 404, 'job_not_found'],
  'an unknown log': ['GET', `${jobs}/${PROJECT}/logs/stdin`, 404, 'log_not_found'],
  'an inherited name as a log': ['GET', `${jobs}/${PROJECT}/logs/constructor`, 404, 'log_not_found'],
  'a page size that is no number': ['GET', `${jobs}?pageSize=many`, 400, 'invalid_request'],
  'a page size beyond its bound': ['GET', `${jobs}?pageSize=501`, 400, 'invalid_request'],
  'a page size that is given twice': ['GET', `${jobs}?pageSize=1&pageSize=2`, 400, 'invalid_request'],
  'a page token that is too long': ['GET', `${jobs}?pageToken=${'x'.repeat(301)}`, 400, 'invalid_request'],
  'an unknown query parameter': ['GET', `${jobs}?limit=1`, 400, 'invalid_request'],
  'a digest that is none': ['GET', `/v1/projects/${PROJECT}/files/abc`, 400, 'invalid_request'],
};

describe('a URL that leads nowhere', () => {
  it.each(Object.entries(urls))('such as %s is a problem', async (_, [method, path, status, code]) => {
    const reply = await gateway.ask(method, path);
    expect(reply).toMatchObject({ status, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
    expect(reply.json).toMatchObject({ status, code });
  });

  it('names the methods that would be answered', async () => {
    await using it = await setup();
    expect((await it.ask('PATCH', jobs)).headers.allow).toBe('POST, GET, HEAD');
  });
});

describe('what is not HTTP', () => {
  const requests: Record<string, [string, number, string]> = {
    'headers of 64 KiB': [
      `GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(65_536)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    noise: ['\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400, 'malformed_http'],
    'two lengths of one body': [
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'malformed_http',
    ],
  };
  it.each(Object.entries(requests))('such as %s is a problem too', async (_, [request, status, code]) => {
    const connection = rawConnection(gateway.url);
    connection.request(request);
    const [head = '', body = ''] = (await connection.replies).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*Content-Type: application/problem\\+json`, 's'));
    expect(JSON.parse(body)).toMatchObject({ status, code });
    expect(await gateway.get('/v1/me')).toMatchObject({ status: 200 });
  });

  it('does not disturb anybody when a caller hangs up in the middle of a body', async () => {
    await using it = await setup();
    const { host } = new URL(it.url);
    const socket = connect({ host: '127.0.0.1', port: Number(host.split(':')[1]) });
    socket.write(`POST ${jobs} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    await sleep(100);
    socket.destroy();
    expect(await it.post(jobs, newJob())).toMatchObject({ status: 201 });
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));

/** A connection that says exactly what it is told to. */
function rawConnection(url: string) {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  return { request: (bytes: string) => void socket.write(bytes, 'latin1'), replies: text(socket) };
}
