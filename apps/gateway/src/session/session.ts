import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { TokenEndpointResponse } from 'openid-client';

/** Where the provider does not say how long a token lasts. */
const LIFETIME_S = 60;
/** How long before its end an access token is renewed: a quarter of its life, and a minute at most. */
const RENEW_MS_BEFORE_MAX = 60_000;

/** What a signed-in browser keeps for us, sealed. */
export interface Session {
  accessToken: string;
  /** When the access token ends. */
  expiresAtMs: number;
  /** From when on it is to be renewed. */
  renewAtMs: number;
  refreshToken: string;
  /** Proves to the provider whose session is to end. */
  idToken: string;
  /** What pages of ours must send with whatever changes something. */
  csrf: string;
}

/** The session that the provider's tokens give; `before` is the one that they renew. */
export function sessionOf(tokens: TokenEndpointResponse, now: Date, before?: Session): Session {
  const lifetimeMs = (tokens.expires_in ?? LIFETIME_S) * 1_000;
  const expiresAtMs = now.getTime() + lifetimeMs;
  return {
    accessToken: tokens.access_token,
    expiresAtMs,
    renewAtMs: expiresAtMs - Math.min(RENEW_MS_BEFORE_MAX, lifetimeMs / 4),
    refreshToken: tokens.refresh_token ?? before?.refreshToken ?? '',
    idToken: tokens.id_token ?? before?.idToken ?? '',
    csrf: before?.csrf ?? randomBytes(24).toString('base64url'),
  };
}

/**
 * A session in few bytes, because a browser keeps no cookie of more than 4 KiB, and three tokens as they are have more.
 * A token's base64 does not compress, but the text in it does, and the three say much the same. Nothing in it is chosen
 * by whoever could watch its length.
 */
export function packSession({ accessToken, refreshToken, idToken, csrf, expiresAtMs, renewAtMs }: Session): Buffer {
  const tokens = [accessToken, refreshToken, idToken].map(unfold);
  return deflateRawSync(JSON.stringify([csrf, expiresAtMs, renewAtMs, ...tokens]), { level: 9 });
}

export function unpackSession(bytes: Uint8Array): Session {
  const packed = JSON.parse(inflateRawSync(bytes).toString()) as [string, number, number, ...Folded[]];
  const [csrf, expiresAtMs, renewAtMs, ...tokens] = packed;
  const [accessToken = '', refreshToken = '', idToken = ''] = tokens.map(fold);
  return { accessToken, expiresAtMs, renewAtMs, refreshToken, idToken, csrf };
}

/** A JWT as its header, its payload and its signature; whatever else as it is. */
type Folded = string | [header: string, payload: string, signature: string];

function unfold(token: string): Folded {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const unfolded: Folded = [text(header), text(payload), signature];
  return fold(unfolded) === token ? unfolded : token;
}

const fold = (folded: Folded): string => {
  if (typeof folded === 'string') return folded;
  const [header, payload, signature] = folded;
  return [base64(header), base64(payload), signature].join('.');
};

const text = (part: string): string => Buffer.from(part, 'base64url').toString();
const base64 = (part: string): string => Buffer.from(part).toString('base64url');
