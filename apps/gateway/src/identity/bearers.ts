import { Clock } from '@kontor/kit/clock';
import { Remembered } from '@kontor/kit/remembered';
import { Injectable } from '@nestjs/common';
import type { Claims } from './claims.ts';
import { tokenProblem } from './credential-problem.ts';
import { fingerprint } from './fingerprint.ts';
import { IdentityProvider } from './identity-provider.ts';
import { Keycloak } from './keycloak.ts';

/** How long a token may outlive its revocation, or the end of its session, here. */
const VERDICT_MS_MAX = 10_000;
const VERDICTS_MAX = 10_000;

interface Verdict {
  claims: Claims;
  isGood: boolean;
}

/** Believes an access token that the realm has signed and, as of the last ten seconds, still stands by. */
@Injectable()
export class Bearers {
  readonly #verdicts: Remembered<Verdict>;

  constructor(
    private readonly keycloak: Keycloak,
    private readonly provider: IdentityProvider,
    private readonly clock: Clock,
  ) {
    this.#verdicts = new Remembered(clock, VERDICT_MS_MAX, VERDICTS_MAX);
  }

  /**
   * @param key the token's fingerprint, where it is known
   * @throws Problem that says why the token is not believed
   */
  async claimsOf(token: string, key = fingerprint(token)): Promise<Claims> {
    const { claims, isGood } = await this.#verdicts.get(key, () => this.#judge(token));
    if (!isGood) throw tokenProblem('token_revoked', 'The token was revoked, or its session has ended.');
    if (claims.expiresAtMs > this.clock.now().getTime()) return claims;
    throw tokenProblem('token_expired', 'The token has expired.');
  }

  /** Only what the realm has signed is worth a question to it. */
  async #judge(token: string): Promise<Verdict> {
    const claims = await this.keycloak.verify(token);
    return { claims, isGood: await this.provider.standsBy(token) };
  }
}
