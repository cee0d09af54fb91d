import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { existsSync, readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DAY_MS, ensureAuthority, type Authority } from './authority.ts';
import { belongTogether, exportKey, KEY_ALGORITHM, serialNumber, writeKeyPair } from './key-pair.ts';

const LIFETIME_MS = 397 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/**
 * Issues `<service>.crt` and `<service>.key` in a folder unless they are there, good for 30 more days and signed by the
 * folder's authority. The common name is the service's; it is valid for `localhost`, 127.0.0.1 and that name, as client
 * and as server. Returns whether it issued one.
 */
export async function ensureCertificate(directory: string, service: string, now = new Date()): Promise<boolean> {
  const authority = await ensureAuthority(directory);
  const path = join(directory, service);
  if (isGood(path, authority, now)) return false;
  await issue(path, service, authority, now);
  return true;
}

function isGood(path: string, authority: Authority, now: Date): boolean {
  if (!existsSync(`${path}.crt`) || !belongTogether(path)) return false;
  const certificate = new X509Certificate(readFileSync(`${path}.crt`));
  const issuer = new X509Certificate(authority.certificate.toString('pem'));
  const lasts = certificate.validToDate.getTime() - now.getTime() > RENEW_BEFORE_MS;
  return lasts && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

async function issue(path: string, service: string, authority: Authority, now: Date): Promise<void> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${service}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIFETIME_MS),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: service },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'url', value: `kontor://${service}` },
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  writeKeyPair(path, certificate, await exportKey(keys.privateKey));
}
