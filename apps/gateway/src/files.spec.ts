import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import { digestOf } from '../testing/fake-compute.ts';
import { files, gatewayUnderTest, SERVICES } from '../testing/gateway-under-test.ts';

const MIB = 1024 * 1024;

describe('files of a project', () => {
  it.each([0, 1, 256 * 1024, 256 * 1024 + 1, 5 * MIB])('of %d bytes arrive as they are', async (size) => {
    await using it = await setup();
    const bytes = randomBytes(size);
    const sha256 = digestOf(bytes);
    const reply = { sha256, sizeBytes: String(size) };
    expect(await it.put(`${files}/${sha256}`, bytes)).toMatchObject({ status: 201, json: reply });
    expect(await it.put(`${files}/${sha256}`, bytes)).toMatchObject({ status: 201, json: reply });
    expect(await it.get(`${files}/${sha256}`)).toMatchObject({ status: 200, json: reply });
    expect(await it.ask('HEAD', `${files}/${sha256}`)).toMatchObject({ status: 200, text: '' });
  });

  it('that are not there are a problem, also for HEAD', async () => {
    await using it = await setup();
    expect(await it.get(`${files}/${'0'.repeat(64)}`)).toMatchObject({ status: 404, json: { code: 'file_not_found' } });
    expect(await it.ask('HEAD', `${files}/${'0'.repeat(64)}`)).toMatchObject({ status: 404, text: '' });
  });

  it('whose bytes have another digest are refused by the service in its own words', async () => {
    await using it = await setup();
    expect(await it.put(`${files}/${'0'.repeat(64)}`, Buffer.from('other'))).toMatchObject({
      status: 400,
      json: { code: 'digest_mismatch', detail: 'The bytes have another digest.' },
    });
    expect(it.compute.files.size).toBe(0);
  });

  it('are refused before they have been sent whole, when the service does', async () => {
    await using it = await setup();
    expect(await it.put(`${files}/ABC`, randomBytes(8 * MIB))).toMatchObject({
      status: 400,
      json: { code: 'invalid_request', violations: [{ field: 'sha256' }] },
    });
    expect(it.compute.uploadedBytes).toBe(0);
  });

  it('are taken from the caller no faster than the service takes them', async () => {
    await using it = await setup();
    const gate = Promise.withResolvers<void>();
    it.compute.uploadGate = gate.promise;
    const bytes = randomBytes(48 * MIB);
    const upload = slowly(`${it.url}${files}/${digestOf(bytes)}`, bytes, it.token);
    const stalled = await eventually(
      'the caller has to wait',
      async () => {
        const before = upload.sentBytes();
        await sleep(300);
        return upload.sentBytes() === before && before;
      },
      { withinMs: 10_000 },
    );
    expect(stalled).toBeLessThan(24 * MIB);
    gate.resolve();
    expect(await upload.status).toBe(201);
    expect(it.compute.uploadedBytes).toBe(bytes.length);
  });

  it('whose caller hangs up in the middle are not kept', async () => {
    await using it = await setup();
    const bytes = randomBytes(4 * MIB);
    const outgoing = request(`${it.url}${files}/${digestOf(bytes)}`, options(bytes.length, it.token));
    outgoing.on('error', () => undefined).write(bytes.subarray(0, MIB));
    await eventually('some of it has arrived', () => it.compute.uploadedBytes > 0);
    outgoing.destroy();
    await sleep(200);
    expect(it.compute.files.size).toBe(0);
    expect(await it.put(`${files}/${digestOf(bytes)}`, bytes)).toMatchObject({ status: 201 });
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));

const options = (length: number, token: string) => ({
  method: 'PUT',
  agent: false,
  headers: { authorization: `Bearer ${token}`, 'content-length': length },
});

/** Sends in pieces, each when the one before has left this process. */
function slowly(url: string, bytes: Buffer, token: string) {
  let sent = 0;
  const outgoing = request(url, options(bytes.length, token));
  const status = new Promise<number | undefined>((resolve, reject) =>
    outgoing.on('error', reject).on('response', (incoming) => resolve(incoming.resume().statusCode)),
  );
  const next = (): void => {
    const piece = bytes.subarray(sent, sent + 64 * 1024);
    if (piece.length === 0) return void outgoing.end();
    outgoing.write(piece, () => {
      sent += piece.length;
      next();
    });
  };
  next();
  return { status, sentBytes: () => sent };
}
