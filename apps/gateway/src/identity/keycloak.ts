import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '@kontor/kit/clock';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  exportSPKI,
  jwtVerify,
  type CryptoKey,
  type ProtectedHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import KeycloakConnect from 'keycloak-connect';
import { GatewayConfig } from '../config.ts';
import { claimsOf, endOf, type Claims } from './claims.ts';
import { tokenProblem } from './credential-problem.ts';
import { IdentityProvider, unavailable } from './identity-provider.ts';

// keycloak-connect judges every bearer, and jose judges it beside it; both must agree. Alone keycloak-connect 26
// - takes a token without `exp` for one that never ends, and does not look at `nbf`;
// - does not look at `alg`: it is safe from "none" and HS256 only because it tries RSA whatever the header says;
// - asks for keys at most every ten seconds and fails on a new key in between; waits for them without a limit; ends the
//   process when the answer is no JSON; and never recovers from an answer without keys.
// So it is given each of the realm's keys as a fixed one. What jose cannot know is which kind of token it is: that an
// ID token or a refresh token is not an access token, keycloak-connect sees by the claim `typ`.

/** The only signature that Keycloak makes with the realm's default key, and that keycloak-connect can check. */
const ALGORITHM = 'RS256';
/** Longer ones are refused unread. Node refuses headers of 16 KiB. */
const TOKEN_CHARACTERS_MAX = 8 * 1024;
/** Clocks may differ by this much where a token begins; its end is kept to the second. */
const TOLERANCE_S = 5;
/** Least time between two questions for keys, however many unknown keys are named. */
const KEYS_EVERY_MS = 1_000;
/** A key that the realm has withdrawn is forgotten within this time. */
const KEYS_AGE_MS_MAX = 5 * 60_000;
const KEYS_PATIENCE_MS = 5_000;

/** Says whether a bearer is an access token of the realm, meant for this API and good now. It may yet be revoked. */
@Injectable()
export class Keycloak {
  #keys: Promise<RemoteJWKSet> | undefined;
  readonly #judges = new WeakMap<CryptoKey, Promise<KeycloakConnect.Keycloak>>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly provider: IdentityProvider,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem that says what is wrong with the token; `identity_unavailable` where keys cannot be had */
  async verify(token: string): Promise<Claims> {
    if (token.length > TOKEN_CHARACTERS_MAX) throw tokenProblem('token_malformed', 'The token is too long.');
    const { issuer, audience } = this.config;
    try {
      const key = await this.#keyOf(token);
      const { payload } = await jwtVerify(token, key, {
        issuer,
        audience,
        algorithms: [ALGORITHM],
        currentDate: this.clock.now(),
        clockTolerance: TOLERANCE_S,
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      if (endOf(payload) <= this.clock.now().getTime()) throw tokenProblem('token_expired', 'The token has expired.');
      await this.#judge(token, key);
      return claimsOf(payload);
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** keycloak-connect's own verdict. It explains itself in English only, so jose has named what it can before. */
  async #judge(token: string, key: CryptoKey): Promise<void> {
    const known = this.#judges.get(key) ?? this.#judgeWith(key);
    this.#judges.set(key, known);
    const { grantManager } = await known;
    await grantManager.createGrant(JSON.stringify({ access_token: token })).catch(() => {
      throw tokenProblem('token_not_accepted', 'The token is not an access token of this realm.');
    });
  }

  async #judgeWith(key: CryptoKey): Promise<KeycloakConnect.Keycloak> {
    const pem = await exportSPKI(key);
    const [, server = '', realm = ''] = /^(.*)\/realms\/([^/]+)$/.exec(this.config.issuer) ?? [];
    const settings = {
      realm,
      'auth-server-url': server,
      resource: this.config.audience,
      'bearer-only': true,
      'verify-token-audience': true,
      'realm-public-key': pem.replace(/-----[^-]+-----|\s/g, ''),
      // Wanted by the types, and not used for bearers.
      'ssl-required': 'external',
      'confidential-port': 0,
    };
    return new KeycloakConnect({}, settings);
  }

  /** The realm's key that the token names. */
  async #keyOf(token: string): Promise<CryptoKey> {
    const header = headerOf(token);
    if (header.alg !== ALGORITHM || typeof header.kid !== 'string') throw new errors.JOSEAlgNotAllowed();
    const keys = await this.#realmKeys();
    const hasJustAsked = keys.coolingDown;
    try {
      return await keys(header);
    } catch (error) {
      if (!hasJustAsked || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The key may be newer than the keys we have just been given: one more question, as soon as one may be asked.
      await sleep(KEYS_EVERY_MS);
      return keys(header);
    }
  }

  #realmKeys(): Promise<RemoteJWKSet> {
    this.#keys ??= this.#findKeys().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #findKeys(): Promise<RemoteJWKSet> {
    const { jwks_uri: address = '' } = (await this.provider.configuration()).serverMetadata();
    return createRemoteJWKSet(new URL(address), {
      cooldownDuration: KEYS_EVERY_MS,
      cacheMaxAge: KEYS_AGE_MS_MAX,
      timeoutDuration: KEYS_PATIENCE_MS,
    });
  }
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw tokenProblem('token_malformed', 'The token is neither an access token nor a project token.');
  }
}

/** Which claim is at fault, in words; whatever else jose finds wrong is not told apart. */
const CLAIMS: Record<string, [code: string, detail: string]> = {
  nbf: ['token_not_yet_valid', 'The token is not valid yet.'],
  aud: ['token_wrong_audience', 'The token is meant for another API.'],
  iss: ['token_wrong_issuer', 'The token comes from another realm.'],
};

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return tokenProblem('token_expired', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return tokenProblem(...(CLAIMS[error.claim] ?? ['token_not_accepted', 'The token lacks what it must say.']));
  }
  const isOfToken = REFUSALS.some((refusal) => error instanceof refusal);
  if (!isOfToken) return unavailable(error);
  return tokenProblem('token_not_accepted', 'The token is not one that this realm has signed.');
}

const REFUSALS = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
];
