import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one service shows to others and believes of them. PEM. */
export interface Tls {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

/** Reads `ca.crt`, `<service>.crt` and `<service>.key` of a folder. */
export const readTls = (directory: string, service: string): Tls => ({
  ca: readFileSync(join(directory, 'ca.crt')),
  cert: readFileSync(join(directory, `${service}.crt`)),
  key: readFileSync(join(directory, `${service}.key`)),
});
