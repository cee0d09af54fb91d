import { logger } from '@kontor/kit/log';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  discovery,
  tokenIntrospection,
  type Configuration,
} from 'openid-client';
import { GatewayConfig } from '../config.ts';

const PATIENCE_S = 5;
const HEALTH_PATIENCE_MS = 1_000;

/** The realm, as the gateway's own client knows it. Found on first use, so that the gateway can start before it. */
@Injectable()
export class IdentityProvider {
  #found: Promise<Configuration> | undefined;

  constructor(private readonly config: GatewayConfig) {}

  /** @throws Problem `identity_unavailable` while the realm does not answer */
  configuration(): Promise<Configuration> {
    this.#found ??= this.#discover().catch((error: unknown) => {
      this.#found = undefined;
      throw unavailable(error);
    });
    return this.#found;
  }

  /** Whether the provider still stands by a token that it signed: not revoked, and its session not ended. */
  async standsBy(token: string): Promise<boolean> {
    const configuration = await this.configuration();
    try {
      const { active } = await tokenIntrospection(configuration, token, { token_type_hint: 'access_token' });
      return active;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Answers within a second. */
  async health(): Promise<'serving' | 'unreachable'> {
    const { issuer } = this.config;
    const signal = AbortSignal.timeout(HEALTH_PATIENCE_MS);
    const asked = fetch(`${issuer}/.well-known/openid-configuration`, { signal });
    return asked.then(
      ({ ok }) => (ok ? 'serving' : 'unreachable'),
      () => 'unreachable',
    );
  }

  #discover(): Promise<Configuration> {
    const { issuer, client } = this.config;
    // Only an issuer on this machine may be plain HTTP: config.ts sees to that.
    const execute = issuer.startsWith('http:') ? [allowInsecureRequests] : [];
    const options = { execute, timeout: PATIENCE_S };
    return discovery(new URL(issuer), client.id, undefined, ClientSecretBasic(client.secret), options);
  }
}

const log = logger('gateway');

/** The log gets no more than the reason: the errors of the client quote requests and replies, tokens included. */
export function unavailable(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  const { message: reason, code } = cause as NodeJS.ErrnoException;
  log.warn({ reason, code }, 'the identity provider does not answer as it should');
  return Problem.unavailable('identity_unavailable', 'The identity provider does not answer as it should.');
}
