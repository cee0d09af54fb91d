import { Clock } from '@kontor/kit/clock';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
} from 'openid-client';
import { GatewayConfig } from '../config.ts';
import { tokenProblem } from '../identity/credential-problem.ts';
import { IdentityProvider, unavailable } from '../identity/identity-provider.ts';
import { Cookies } from './cookies.ts';
import { localUrl } from './local-url.ts';
import { Sealer } from './sealer.ts';
import { sessionOf, type Session } from './session.ts';

const COOKIE = 'kontor-sign-in';
/** How long somebody may take at the provider. */
const SIGN_IN_S_MAX = 600;
const SCOPE = 'openid profile email';

/** What a browser that is on its way to the provider keeps for us. */
interface Started {
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
  untilMs: number;
}

/** Authorization code flow with PKCE, state and nonce. Each attempt has a cookie of its own, so that tabs may race. */
@Injectable()
export class SignIn {
  readonly #sealer: Sealer;
  readonly #cookies: Cookies;

  constructor(
    private readonly config: GatewayConfig,
    private readonly provider: IdentityProvider,
    private readonly clock: Clock,
  ) {
    this.#sealer = new Sealer(config.sessionKeys);
    this.#cookies = new Cookies(config.publicUrl);
  }

  /** The provider's page to go to; the browser remembers that it went. */
  async start(response: Response, returnTo: string): Promise<string> {
    const { publicUrl } = this.config;
    const untilMs = this.clock.now().getTime() + SIGN_IN_S_MAX * 1_000;
    const started: Started = {
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      untilMs,
      returnTo: localUrl(returnTo, publicUrl),
    };
    const url = buildAuthorizationUrl(await this.provider.configuration(), {
      redirect_uri: `${publicUrl}/auth/callback`,
      scope: SCOPE,
      state: started.state,
      nonce: started.nonce,
      code_challenge: await calculatePKCECodeChallenge(started.verifier),
      code_challenge_method: 'S256',
    });
    const sealed = await this.#sealer.seal(Buffer.from(JSON.stringify(started)), COOKIE);
    this.#cookies.write(response, nameOf(started.state), sealed, SIGN_IN_S_MAX);
    return url.href;
  }

  /**
   * The session that the provider's answer gives, and where to go with it.
   *
   * @throws Problem `sign_in_unknown` where this browser did not ask for the answer, or asked too long ago;
   * `sign_in_refused` where the provider says no
   */
  async finish(request: Request, response: Response): Promise<{ session: Session; returnTo: string }> {
    const url = new URL(request.originalUrl, this.config.publicUrl);
    const started = await this.#started(request, url.searchParams.get('state') ?? '');
    this.#cookies.drop(response, nameOf(started.state));
    const checks = {
      expectedState: started.state,
      expectedNonce: started.nonce,
      pkceCodeVerifier: started.verifier,
      idTokenExpected: true,
    };
    try {
      const tokens = await authorizationCodeGrant(await this.provider.configuration(), url, checks);
      return { session: sessionOf(tokens, this.clock.now()), returnTo: started.returnTo };
    } catch (error) {
      throw problemOf(error);
    }
  }

  async #started(request: Request, state: string): Promise<Started> {
    const sealed = this.#cookies.read(request, nameOf(state));
    const opened = sealed ? await this.#sealer.open(sealed, COOKIE) : undefined;
    const started = opened && (JSON.parse(Buffer.from(opened).toString()) as Started);
    if (started?.state === state && started.untilMs > this.clock.now().getTime()) return started;
    throw Problem.invalid(
      'sign_in_unknown',
      'This browser has not asked for that, or too long ago.',
      'Start again at /auth/sign-in.',
    );
  }
}

const nameOf = (state: string): string => `${COOKIE}-${state.slice(0, 8).replace(/[^\w-]/g, '')}`;

function problemOf(error: unknown): Problem {
  const isRefusal = error instanceof AuthorizationResponseError || error instanceof ResponseBodyError;
  if (isRefusal) return tokenProblem('sign_in_refused', `The identity provider refuses: ${codeOf(error.error)}.`);
  // The client's own findings: an answer of another issuer, a nonce that is not ours, a signature that does not fit.
  const isMalformed = error instanceof ClientError && !/TIMEOUT|HTTP/.test(String(error.code));
  if (isMalformed) return tokenProblem('sign_in_refused', 'The answer is not one that the identity provider gave us.');
  return unavailable(error);
}

/** As OAuth allows it to be written; it comes with the URL. */
const codeOf = (error: string): string => (/^[\w ./-]{1,60}$/.test(error) ? error : 'for no readable reason');
