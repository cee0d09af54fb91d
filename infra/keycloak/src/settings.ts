import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ProviderOptions } from './provider.ts';
import { readRealm } from './realm-folder.ts';
import { RealmFault } from './realm-fault.ts';

const environment = z.object({
  KONTOR_LISTEN: z.string().regex(/^\S+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7808'),
  KONTOR_HOME: z.string().min(1, 'must be the folder that holds all state'),
  KONTOR_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be how browsers reach the gateway' }),
  KONTOR_OIDC_SECRET_FILE: z.string().min(1, 'must be the file that holds the secret of kontor-portal'),
  KONTOR_SERVICE_SECRET_FILE: z.string().optional(),
  KONTOR_ISSUER: z.url().optional(),
});

/**
 * Reads what the embedded provider needs from the environment of its process. The secret of `kontor-service` is made on
 * first use, because nothing of Kontor itself needs it. Throws RealmFault with a sentence for each fault.
 */
export function readSettings(env: NodeJS.ProcessEnv): ProviderOptions {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${messageOf(message)}.`);
    throw new RealmFault(faults.join(' '), 'Set them where the server is started.');
  }
  const { KONTOR_LISTEN, KONTOR_HOME, KONTOR_PUBLIC_URL, KONTOR_ISSUER, ...files } = parsed.data;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(KONTOR_LISTEN) ?? [];
  const serviceFile = files.KONTOR_SERVICE_SECRET_FILE ?? join(KONTOR_HOME, 'secrets', 'service-client');
  return {
    realm: readRealm({
      KONTOR_PUBLIC_URL: KONTOR_PUBLIC_URL.replace(/\/$/, ''),
      KONTOR_PORTAL_SECRET: readSecret(files.KONTOR_OIDC_SECRET_FILE),
      KONTOR_SERVICE_SECRET: ensureSecret(serviceFile),
    }),
    home: join(KONTOR_HOME, 'identity'),
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    ...(KONTOR_ISSUER === undefined ? {} : { issuer: KONTOR_ISSUER }),
  };
}

const messageOf = (message: string) => (message.startsWith('must') ? message : 'is not set');

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new RealmFault(`The secret in ${file} cannot be read: ${(cause as Error).message}.`, 'Restore the file.');
  }
}

function ensureSecret(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
  }
  return readSecret(file);
}
