import { Clock } from '@kontor/kit/clock';
import { Problem } from '@kontor/kit/problem';
import { Remembered } from '@kontor/kit/remembered';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { refreshTokenGrant, ResponseBodyError } from 'openid-client';
import { GatewayConfig } from '../config.ts';
import { tokenProblem } from '../identity/credential-problem.ts';
import { fingerprint } from '../identity/fingerprint.ts';
import { IdentityProvider, unavailable } from '../identity/identity-provider.ts';
import { COOKIE_BYTES_MAX, Cookies } from './cookies.ts';
import { Sealer } from './sealer.ts';
import { packSession, sessionOf, unpackSession, type Session } from './session.ts';

const COOKIE = 'kontor-session';
/** Leaves room for the cookie's name and attributes. */
const SEALED_CHARACTERS_MAX = COOKIE_BYTES_MAX - 128;
/**
 * How long the answer to a renewal is handed out again. A refresh token is good once, and requests that left the
 * browser before the new cookie arrived still carry the old one.
 */
const RENEWAL_MS = 30_000;
const RENEWALS_MAX = 10_000;

/** The sessions of browsers. They live in sealed cookies; nothing is kept here but renewals of the last moment. */
@Injectable()
export class Sessions {
  readonly #sealer: Sealer;
  readonly #cookies: Cookies;
  readonly #renewals: Remembered<Session>;

  constructor(
    config: GatewayConfig,
    private readonly provider: IdentityProvider,
    private readonly clock: Clock,
  ) {
    this.#sealer = new Sealer(config.sessionKeys);
    this.#cookies = new Cookies(config.publicUrl);
    this.#renewals = new Remembered(clock, RENEWAL_MS, RENEWALS_MAX);
  }

  /** The session in the request's cookie; undefined where there is none that we have sealed. */
  async of(request: Request): Promise<Session | undefined> {
    const sealed = this.#cookies.read(request, COOKIE);
    const opened = sealed ? await this.#sealer.open(sealed, COOKIE) : undefined;
    return opened && unpackSession(opened);
  }

  /**
   * The session with an access token that lasts a while, renewed where it must be.
   *
   * @throws Problem `session_ended` where the provider no longer renews it; the browser then forgets it
   */
  async fresh(session: Session, response: Response): Promise<Session> {
    const now = this.clock.now().getTime();
    if (now < session.renewAtMs) return session;
    try {
      const key = fingerprint(session.refreshToken);
      const renewed = await this.#renewals.get(key, () => this.#renew(session));
      await this.keep(response, renewed);
      return renewed;
    } catch (error) {
      // Another gateway may have renewed it a moment ago, or the provider be away: what is still good is used.
      if (now < session.expiresAtMs) return session;
      const problem = problemOf(error);
      if (problem.code === 'session_ended') this.forget(response);
      throw problem;
    }
  }

  /**
   * Gives the session to the browser. Where the tokens are too long for a cookie it does without the ID token, and
   * the provider asks the person again when they sign out.
   *
   * @throws Problem `session_too_large`
   */
  async keep(response: Response, session: Session): Promise<void> {
    for (const kept of [session, { ...session, idToken: '' }]) {
      const sealed = await this.#sealer.seal(packSession(kept), COOKIE);
      if (sealed.length <= SEALED_CHARACTERS_MAX) return this.#cookies.write(response, COOKIE, sealed);
    }
    throw Problem.refused(
      'session_too_large',
      'The identity provider says more than a cookie can hold.',
      "Have the operator shorten what the realm's tokens say, such as lists of groups.",
    );
  }

  forget(response: Response): void {
    this.#cookies.drop(response, COOKIE);
  }

  async #renew(session: Session): Promise<Session> {
    const tokens = await refreshTokenGrant(await this.provider.configuration(), session.refreshToken);
    return sessionOf(tokens, this.clock.now(), session);
  }
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof ResponseBodyError)) return unavailable(error);
  return tokenProblem('session_ended', 'The session has ended at the identity provider.');
}
