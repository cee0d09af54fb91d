import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { Keys } from './keys.ts';
import type { RealmUser } from './realm.ts';

/** What one access token says, before it is signed. Instants are in seconds. */
export interface AccessTokenFacts {
  issuer: string;
  /** The record that the library keeps of it: what revocation and introspection go by. */
  recordId: string;
  issuedAt: number;
  lifetime: number;
  authenticatedAt: number | undefined;
  client: { id: string; audience: string };
  user: RealmUser;
  /** The person's session, the same for all clients that they use in it. */
  sid: string | undefined;
  scope: string;
}

/** The claims as Keycloak writes them. */
export function claimsOf(facts: AccessTokenFacts): JWTPayload {
  const { issuer, recordId, issuedAt, lifetime, authenticatedAt, client, user, sid, scope } = facts;
  const claims = {
    exp: issuedAt + lifetime,
    iat: issuedAt,
    auth_time: authenticatedAt,
    jti: recordId,
    iss: issuer,
    aud: client.audience,
    sub: user.id,
    typ: 'Bearer',
    azp: client.id,
    sid,
    acr: '1',
    realm_access: user.roles.length > 0 ? { roles: user.roles } : undefined,
    scope,
    ...profileOf(user),
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** Who the person is, in the words of OpenID Connect. */
export function profileOf(user: RealmUser) {
  const name = [user.firstName, user.lastName].filter(Boolean).join(' ');
  return {
    email_verified: user.emailVerified,
    name: name || undefined,
    preferred_username: user.username,
    given_name: user.firstName,
    family_name: user.lastName,
    email: user.email,
  };
}

/** Signs an access token with the newest key. */
export async function signAccessToken(facts: AccessTokenFacts, { signing: [newest] }: Keys): Promise<string> {
  const header = { alg: 'RS256', typ: 'JWT', kid: newest.jwk.kid };
  return new SignJWT(claimsOf(facts)).setProtectedHeader(header).sign(await importJWK(newest.jwk, 'RS256'));
}

/** What of an RSA key everybody may know. */
function publicPart({ kty, kid, n = '', e = '' }: JWK): JWK {
  return { kty: kty ?? 'RSA', n, e, ...(kid && { kid }) };
}

/** The claims of a token that one of our keys signed, expired ones too; nothing for any other text. */
export async function readSigned(token: string, issuer: string, { signing }: Keys): Promise<JWTPayload | undefined> {
  const keys = createLocalJWKSet({ keys: signing.map(({ jwk }) => publicPart(jwk)) });
  const options = { issuer, algorithms: ['RS256'], currentDate: new Date(0) };
  return jwtVerify(token, keys, options).then(
    ({ payload }) => payload,
    () => undefined,
  );
}
