import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_ALGORITHM, exportKey, readCertificate, readKey, serialNumber, writeKeyPair } from './key-pair.ts';

/** The operator's own certificate authority: services believe each other because it signed for both. */
export interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

const YEARS = 10;
export const DAY_MS = 86_400_000;

/**
 * The authority of a folder (`ca.crt`, `ca.key`), made on first use. It lives ten years; make a new folder to replace
 * it. Throws TlsFault where the two files are damaged or do not belong together.
 */
export async function ensureAuthority(directory: string): Promise<Authority> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'ca');
  if (!existsSync(`${path}.crt`)) await createAuthority(path);
  return { certificate: readCertificate(`${path}.crt`), key: await readKey(path) };
}

async function createAuthority(path: string): Promise<void> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const serial = serialNumber();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: `CN=Kontor authority ${serial.slice(0, 8)}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + YEARS * 365 * DAY_MS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writeKeyPair(path, certificate, await exportKey(keys.privateKey));
}
