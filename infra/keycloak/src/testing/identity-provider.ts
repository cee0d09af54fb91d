import type { Tokens } from '../token-endpoint.ts';

/** A running sign-in server with the realm and its demo users, whichever kind it is. */
export interface IdentityProvider extends AsyncDisposable {
  kind: 'embedded' | 'keycloak';
  /** What tokens name as `iss`: the same URL as `realmUrl`. */
  issuer: string;
  /** Such as http://127.0.0.1:7808/realms/kontor. */
  realmUrl: string;
  /** Secret of the client `kontor-portal`. */
  clientSecret: string;
  /** Secret of the client `kontor-service`. */
  serviceSecret: string;
  /** Signs a demo user in by code flow and PKCE, as `kontor-portal`. */
  tokensOf(username: string): Promise<Tokens>;
  /** An access token of `kontor-service`. */
  serviceAccountToken(): Promise<string>;
  /** From now on a new key signs; the old one stays published until what it signed has expired. */
  rotateKeys(): Promise<void>;
  /** Ends the session that a refresh token of `kontor-portal` belongs to, with all its tokens. */
  signOut(refresh: string): Promise<void>;
  /** Takes back one token, access or refresh, of `kontor-portal`. */
  revoke(token: string): Promise<void>;
  /** Whether the provider still stands by a token, asked as `kontor-portal`, with what it says about it. */
  introspect(token: string): Promise<{ active: boolean } & Record<string, unknown>>;
  stop(): Promise<void>;
}

/** What starting one takes. */
export interface IdentityProviderOptions {
  /** Of the gateway, whose `/auth/callback` is the redirect URI of `kontor-portal`. */
  publicUrl: string;
  /** Folder for its state; a temporary one when left out. */
  home?: string;
  /** 0, or left out: a free one. */
  port?: number;
}
