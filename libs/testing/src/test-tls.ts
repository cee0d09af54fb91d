import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTls, type Tls } from '@kontor/kit/tls';
import { ensureCertificate } from '@kontor/tls/certificate';

/** Certificates of one authority that only this test file believes. */
export interface TestTls {
  /** Folder with `ca.crt` and each service's `.crt` and `.key`. */
  directory: string;
  of(service: string): Tls;
}

let directory: string | undefined;

/** Certificates for these services. All calls of one test file share an authority; `stranger` asks for another one. */
export async function testTls(services: string[], { stranger = false } = {}): Promise<TestTls> {
  const folder = stranger ? makeFolder() : (directory ??= makeFolder());
  for (const service of services) await ensureCertificate(folder, service);
  return { directory: folder, of: (service) => readTls(folder, service) };
}

const makeFolder = () => mkdtempSync(join(process.env.KONTOR_TEST_FOLDER ?? tmpdir(), 'tls-'));
