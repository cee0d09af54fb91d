import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { claimsOf, signAccessToken, type AccessTokenFacts } from './access-token.ts';
import type { Accounts } from './accounts.ts';
import type { Keys } from './keys.ts';
import { sessionLifetime } from './provider-configuration.ts';
import type { Realm } from './realm.ts';

export interface SigningParts {
  provider: Provider;
  realm: Realm;
  accounts: Accounts;
  keys: Keys;
}

type Body = Record<string, unknown>;

/** Puts the signed form of an access token into the token endpoint's answer, and keeps its session in use. */
export async function signTokenAnswer(ctx: KoaContextWithOIDC, parts: SigningParts): Promise<void> {
  const { AuthorizationCode, DeviceCode, RefreshToken, AccessToken } = ctx.oidc.entities;
  const now_s = Math.floor(Date.now() / 1000);
  const { authTime } = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
  const facts = factsOf(ctx, parts, { issuedAt: now_s, authenticatedAt: authTime });
  if (!facts) return;
  ctx.body = { ...(ctx.body as Body), access_token: await signAccessToken(facts, parts.keys) };
  const session = AccessToken?.sessionUid ? await parts.provider.Session.findByUid(AccessToken.sessionUid) : undefined;
  await session?.save(sessionLifetime(parts.realm, session.loginTs, now_s));
}

/** Says about an access token what its signed form says, as Keycloak does, where the library stands by its record. */
export function describeToken(ctx: KoaContextWithOIDC, parts: SigningParts): void {
  const { active, iat } = ctx.body as Body;
  const { AccessToken, ClientCredentials } = ctx.oidc.entities;
  if (!active || !(AccessToken ?? ClientCredentials)) return;
  const facts = factsOf(ctx, parts, { issuedAt: Number(iat), authenticatedAt: undefined });
  const described = facts && { username: facts.user.username, client_id: facts.client.id, token_type: 'Bearer' };
  ctx.body = facts ? { ...claimsOf(facts), ...described, active: true } : { active: false };
}

/** What the record at hand is about; nothing where its person or client is no more. */
function factsOf(
  ctx: KoaContextWithOIDC,
  { provider, realm, accounts }: SigningParts,
  times: Pick<AccessTokenFacts, 'issuedAt' | 'authenticatedAt'>,
): AccessTokenFacts | undefined {
  const { AccessToken: token, ClientCredentials: program } = ctx.oidc.entities;
  const record = token ?? program;
  const client = realm.clients.find(({ id }) => id === record?.clientId);
  const user = token ? accounts.byId(token.accountId) : client && accounts.serviceAccountOf(client.id);
  if (!record || !client || !user) return undefined;
  return {
    issuer: provider.issuer,
    recordId: record.jti,
    ...times,
    lifetime: realm.lifetimes.accessToken,
    client,
    user,
    sid: token?.sessionUid,
    scope: record.scope ?? 'email profile',
  };
}
