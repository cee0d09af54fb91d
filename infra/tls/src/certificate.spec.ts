import { describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { ensureAuthority } from './authority.ts';
import { ensureCertificate } from './certificate.ts';

const DAY_MS = 86_400_000;

describe('certificates of the services', () => {
  it('are signed by the authority of their folder, for both ends of a connection', async () => {
    using folder = setup();
    expect(await ensureCertificate(folder.path, 'quota')).toBe(true);

    const [authority, quota] = [folder.certificate('ca'), folder.certificate('quota')];
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(quota.ca).toBe(false);
    expect(quota.checkIssued(authority) && quota.verify(authority.publicKey)).toBe(true);
    expect(quota.subject).toBe('CN=quota');
    expect(quota.subjectAltName).toBe('DNS:localhost, DNS:quota, IP Address:127.0.0.1, URI:kontor://quota');
    expect(quota.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
    expect(Math.round((quota.validToDate.getTime() - Date.now()) / DAY_MS)).toBe(397);
  });

  it('let two services of one operator talk, each knowing who the other is', async () => {
    using folder = setup();
    await ensureCertificate(folder.path, 'quota');
    await ensureCertificate(folder.path, 'compute');
    expect(await shakeHands(folder.pair('quota'), folder.pair('compute'))).toBe('compute');
  });

  it('of another authority are refused, even under a right name', async () => {
    using folder = setup();
    using stranger = setup();
    await ensureCertificate(folder.path, 'quota');
    await ensureCertificate(stranger.path, 'compute');
    const impostor = { ...stranger.pair('compute'), ca: folder.pair('quota').ca };
    await expect(shakeHands(folder.pair('quota'), impostor)).rejects.toThrow();
    await expect(shakeHands(folder.pair('quota'), stranger.pair('compute'))).rejects.toThrow();
  });

  it('stay as they are until 30 days before their end, and are renewed then', async () => {
    using folder = setup();
    await ensureCertificate(folder.path, 'quota');
    const first = folder.certificate('quota').serialNumber;
    const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

    expect(await ensureCertificate(folder.path, 'quota', inDays(366))).toBe(false);
    expect(folder.certificate('quota').serialNumber).toBe(first);
    expect(await ensureCertificate(folder.path, 'quota', inDays(368))).toBe(true);
    expect(folder.certificate('quota').serialNumber).not.toBe(first);
    expect(folder.certificate('quota').verify(folder.certificate('ca').publicKey)).toBe(true);
  });

  it('that a crash left without their own key are issued again', async () => {
    using folder = setup();
    await ensureCertificate(folder.path, 'quota');
    await ensureCertificate(folder.path, 'compute');
    cpSync(folder.file('compute.key'), folder.file('quota.key'));
    expect(await ensureCertificate(folder.path, 'quota')).toBe(true);
    expect(await ensureCertificate(folder.path, 'quota')).toBe(false);
  });

  it('are issued again when the authority is a new one', async () => {
    using folder = setup();
    await ensureCertificate(folder.path, 'quota');
    for (const file of ['ca.crt', 'ca.key']) rmSync(folder.file(file));
    expect(await ensureCertificate(folder.path, 'quota')).toBe(true);
    expect(folder.certificate('quota').verify(folder.certificate('ca').publicKey)).toBe(true);
  });

  it('keep their keys from other users', async () => {
    using folder = setup();
    await ensureCertificate(folder.path, 'quota');
    for (const key of ['ca.key', 'quota.key']) expect(statSync(folder.file(key)).mode & 0o777).toBe(0o600);
  });
});

describe('an authority', () => {
  it('is made once and then kept', async () => {
    using folder = setup();
    const first = await ensureAuthority(folder.path);
    const second = await ensureAuthority(folder.path);
    expect(second.certificate.serialNumber).toBe(first.certificate.serialNumber);
  });

  it('whose first start was killed between key and certificate is made again', async () => {
    using folder = setup();
    writeFileSync(folder.file('ca.key'), 'half a k');
    await ensureAuthority(folder.path);
    expect(folder.certificate('ca').ca).toBe(true);
  });

  it('with a damaged key says so and what helps', async () => {
    using folder = setup();
    await ensureAuthority(folder.path);
    writeFileSync(folder.file('ca.key'), 'damaged');
    await expect(ensureAuthority(folder.path)).rejects.toMatchObject({
      message: expect.stringContaining('do not belong together'),
      help: expect.stringContaining('Restore both from one backup'),
    });
  });
});

interface Pair {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

function setup() {
  const path = mkdtempSync(join(tmpdir(), 'kontor-tls-'));
  const file = (name: string) => join(path, name);
  const read = (name: string) => readFileSync(file(name));
  return {
    path,
    file,
    certificate: (name: string) => new X509Certificate(read(`${name}.crt`)),
    pair: (name: string): Pair => ({ ca: read('ca.crt'), cert: read(`${name}.crt`), key: read(`${name}.key`) }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** Connects a client to a server, each with its pair; answers the common name of the client as the server sees it. */
async function shakeHands(server: Pair, client: Pair): Promise<string> {
  const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = connect({ ...client, port, host: '127.0.0.1' });
  try {
    const refused = new Promise<never>((_, reject) => {
      listener.once('tlsClientError', reject);
      socket.once('error', reject);
    });
    const [accepted] = (await Promise.race([once(listener, 'secureConnection'), refused])) as [TLSSocket];
    const { subject } = accepted.getPeerCertificate();
    accepted.destroy();
    return String(subject.CN);
  } finally {
    socket.destroy();
    listener.close();
  }
}
