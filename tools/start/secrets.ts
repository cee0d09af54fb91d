import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Passwords } from '@kontor/postgres/ensure-database';
import { StartFault } from './start-fault.ts';

/** 32 random bytes, as text that needs no quoting anywhere. */
const random = () => randomBytes(32).toString('base64url');

/** What the gateway shows to the sign-in server, and what it seals sessions with. */
export const portalSecretFile = (home: string): string => join(home, 'secrets', 'portal-client');
export const sessionKeyFile = (home: string): string => join(home, 'secrets', 'session-key');

/** Makes them on first use. */
export function ensureIdentitySecrets(home: string): void {
  ensureSecret(portalSecretFile(home), random);
  ensureSecret(sessionKeyFile(home), random);
}

/** Passwords of the two database roles of a service; made on first use. */
export function databasePasswords(home: string, service: string): Passwords {
  const file = join(home, 'secrets', `database-${service}.json`);
  const text = ensureSecret(file, () => JSON.stringify({ owner: random(), app: random() }));
  try {
    const { owner, app } = JSON.parse(text) as Partial<Passwords>;
    if (owner && app) return { owner, app };
  } catch {
    // Told below, like a file that is JSON but not this.
  }
  throw new StartFault(`${file} is damaged.`, 'Delete it: the next start makes new passwords.');
}

function ensureSecret(file: string, make: () => string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const growing = `${file}.new`;
    const descriptor = openSync(growing, 'w', 0o600);
    writeSync(descriptor, make());
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(growing, file);
  }
  return readFileSync(file, 'utf8').trim();
}
