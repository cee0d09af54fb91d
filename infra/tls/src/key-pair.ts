import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPrivateKey, randomBytes, X509Certificate, type webcrypto } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** A certificate or key that a person has to mend: what is wrong in `message`, what helps in `help`. */
export class TlsFault extends Error {
  override readonly name = 'TlsFault';
  readonly help: string;

  constructor(what: string, help: string, cause?: unknown) {
    super(what, { cause });
    this.help = help;
  }
}

export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** 16 random bytes whose first bit is 0, because a serial number is positive. */
export function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

export function readCertificate(file: string): x509.X509Certificate {
  try {
    return new x509.X509Certificate(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new TlsFault(
      `The certificate ${file} cannot be read.`,
      'Restore it, or delete its folder: it is made anew.',
      cause,
    );
  }
}

/** Signing key at `<path>.key`; checked against `<path>.crt`. */
export async function readKey(path: string): Promise<webcrypto.CryptoKey> {
  if (!belongTogether(path)) {
    throw new TlsFault(
      `The files ${path}.crt and ${path}.key do not belong together.`,
      'Restore both from one backup, or delete their folder: it is made anew.',
    );
  }
  const pem = readFileSync(`${path}.key`, 'utf8');
  return crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), KEY_ALGORITHM, false, ['sign']);
}

/** Whether certificate and key of a path are readable and of one pair. */
export function belongTogether(path: string): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(`${path}.crt`));
    return certificate.checkPrivateKey(createPrivateKey(readFileSync(`${path}.key`)));
  } catch {
    return false;
  }
}

/** PEM of a private key. */
export async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** Writes key, then certificate: whoever sees the certificate finds its key, unless killed in between two renewals. */
export function writeKeyPair(path: string, certificate: x509.X509Certificate, key: string): void {
  writeWhole(`${path}.key`, `${key}\n`, 0o600);
  writeWhole(`${path}.crt`, `${certificate.toString('pem')}\n`, 0o644);
}

function writeWhole(file: string, content: string, mode: number): void {
  const growing = `${file}.new`;
  const descriptor = openSync(growing, 'w', mode);
  writeSync(descriptor, content);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(growing, file);
}
