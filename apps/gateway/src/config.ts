import { readFileSync } from 'node:fs';
import { ConfigError, parseConfig, serviceEnvironment } from '@kontor/kit/config';
import { isLoopback } from '@kontor/kit/loopback';
import { readTls, type Tls } from '@kontor/kit/tls';
import { z } from 'zod';

/** 32 bytes in base64url. */
const SESSION_KEY = /^[A-Za-z0-9_-]{43}$/;
const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Whether nobody can read or change on its way what is sent there: cookies, secrets, keys that are believed. */
const isSafe = (url: string): boolean => url.startsWith('https:') || isLoopback(URL.parse(url)?.hostname ?? '');
const UNSAFE = 'must be https, unless it is on this machine';

const address = z.string().regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7810');

const environment = serviceEnvironment
  .extend({
    KONTOR_QUOTA: address,
    KONTOR_COMPUTE: address,
    KONTOR_TENANCY: address,
    KONTOR_ISSUER: z
      .string()
      .regex(
        /^https?:\/\/[^/\s?#]+(\/[^\s?#]*)?\/realms\/[^/\s?#]+$/,
        'must be the address of a realm, such as https://id.example.org/realms/kontor',
      ),
    KONTOR_PUBLIC_URL: z
      .string()
      .regex(
        /^https?:\/\/[^/\s?#]+$/,
        'must be how browsers reach the gateway, without a path, such as http://localhost:7800',
      ),
    KONTOR_OIDC_CLIENT: z.string().min(1, 'must be a confidential client of the realm').default('kontor-portal'),
    KONTOR_OIDC_SECRET_FILE: z.string().min(1, 'must be the file that holds the secret of that client'),
    KONTOR_AUDIENCE: z.string().min(1, 'must be the audience of access tokens').default('kontor-api'),
    KONTOR_SESSION_KEY_FILE: z.string().min(1, 'must be the file that holds the keys of sessions'),
    KONTOR_OPERATOR: z.string().regex(SLUG, 'must be a slug, such as demo').default('demo'),
  })
  .refine(({ KONTOR_PUBLIC_URL }) => isSafe(KONTOR_PUBLIC_URL), { path: ['KONTOR_PUBLIC_URL'], message: UNSAFE })
  .refine(({ KONTOR_ISSUER }) => isSafe(KONTOR_ISSUER), { path: ['KONTOR_ISSUER'], message: UNSAFE })
  .refine(
    ({ KONTOR_LISTEN, KONTOR_ISSUER }) => isLoopback(hostOf(KONTOR_LISTEN)) || KONTOR_ISSUER.startsWith('https:'),
    {
      path: ['KONTOR_LISTEN'],
      message: 'must be a loopback address such as 127.0.0.1:7800 while KONTOR_ISSUER is not https',
    },
  );

const hostOf = (listen: string): string => listen.slice(0, listen.lastIndexOf(':'));

/** Everything the gateway needs to know. A class, so that Nest can hand it out by its name. */
export class GatewayConfig {
  /** host:port; port 0 takes a free one. On loopback, unless the issuer is https. */
  declare readonly listen: string;
  /** Addresses, host:port. */
  declare readonly quota: string;
  declare readonly compute: string;
  declare readonly tenancy: string;
  declare readonly tls: Tls;
  /** Whose tokens are believed: URL of a realm, https unless it is on this machine. */
  declare readonly issuer: string;
  /** What access tokens must be meant for. */
  declare readonly audience: string;
  /** Origin under which browsers reach the gateway. */
  declare readonly publicUrl: string;
  /** The confidential client that signs people in and asks whether tokens are still good. */
  declare readonly client: { id: string; secret: string };
  /** Of 32 bytes each: the first seals sessions, all of them open sessions. */
  declare readonly sessionKeys: Buffer[];
  declare readonly operator: string;
}

/** @throws ConfigError with one sentence for each fault, none of which shows a secret */
export function readConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const read = parseConfig(environment, env);
  const [secret = ''] = linesOf('KONTOR_OIDC_SECRET_FILE', read.KONTOR_OIDC_SECRET_FILE);
  return {
    listen: read.KONTOR_LISTEN,
    quota: read.KONTOR_QUOTA,
    compute: read.KONTOR_COMPUTE,
    tenancy: read.KONTOR_TENANCY,
    tls: readTls(read.KONTOR_TLS, 'gateway'),
    issuer: read.KONTOR_ISSUER,
    audience: read.KONTOR_AUDIENCE,
    publicUrl: new URL(read.KONTOR_PUBLIC_URL).origin,
    client: { id: read.KONTOR_OIDC_CLIENT, secret },
    sessionKeys: linesOf('KONTOR_SESSION_KEY_FILE', read.KONTOR_SESSION_KEY_FILE).map(sessionKey),
    operator: read.KONTOR_OPERATOR,
  };
}

function linesOf(variable: string, file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    if (lines.length > 0) return lines;
  } catch (error) {
    throw new ConfigError(`${variable} cannot be read: ${(error as Error).message}.`);
  }
  throw new ConfigError(`${variable} is an empty file.`);
}

function sessionKey(line: string): Buffer {
  if (SESSION_KEY.test(line)) return Buffer.from(line, 'base64url');
  throw new ConfigError('KONTOR_SESSION_KEY_FILE must hold on each line 32 random bytes in base64url (43 characters).');
}
