import { readFileSync } from 'node:fs';
import { ConfigError, parseConfig, serviceEnvironment } from '@kontor/kit/config';
import { readTls, type Tls } from '@kontor/kit/tls';
import { z } from 'zod';

const TOKEN_CHARACTERS_MIN = 32;

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost):/;

const address = z.string().regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port, such as 127.0.0.1:7810');

const environment = serviceEnvironment.extend({
  KONTOR_LISTEN: serviceEnvironment.shape.KONTOR_LISTEN
    .regex(LOOPBACK, 'must be a loopback address such as 127.0.0.1:7800, because people cannot sign in yet'),
  KONTOR_QUOTA: address,
  KONTOR_COMPUTE: address,
  KONTOR_TOKEN_FILE: z.string().min(1, 'must be the file that holds the token'),
  KONTOR_TENANT: z.guid('must be the id of the tenant that the token belongs to'),
  KONTOR_OPERATOR: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a slug, such as demo').default('demo'),
});

/** Everything the gateway needs to know. A class, so that Nest can hand it out by its name. */
export class GatewayConfig {
  /** host:port on loopback; port 0 takes a free one. */
  declare readonly listen: string;
  /** Addresses, host:port. */
  declare readonly quota: string;
  declare readonly compute: string;
  declare readonly tls: Tls;
  /** What callers show. */
  declare readonly token: string;
  declare readonly tenantId: string;
  declare readonly operator: string;
}

/** @throws ConfigError with one sentence for each fault */
export function readConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const read = parseConfig(environment, env);
  return {
    listen: read.KONTOR_LISTEN,
    quota: read.KONTOR_QUOTA,
    compute: read.KONTOR_COMPUTE,
    tls: readTls(read.KONTOR_TLS, 'gateway'),
    token: readToken(read.KONTOR_TOKEN_FILE),
    tenantId: read.KONTOR_TENANT.toLowerCase(),
    operator: read.KONTOR_OPERATOR,
  };
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`KONTOR_TOKEN_FILE cannot be read: ${(error as Error).message}.`);
  }
  if (token.length >= TOKEN_CHARACTERS_MIN && !/\s/.test(token)) return token;
  throw new ConfigError(`KONTOR_TOKEN_FILE must hold one token of at least ${TOKEN_CHARACTERS_MIN} characters.`);
}
