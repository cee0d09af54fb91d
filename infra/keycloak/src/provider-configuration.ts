import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { profileOf } from './access-token.ts';
import type { Accounts } from './accounts.ts';
import type { Keys } from './keys.ts';
import { deviceCodePage, deviceConfirmPage, messagePage, signOutPage } from './pages.ts';
import type { Realm, RealmClient } from './realm.ts';
import type { Store } from './store.ts';

export const SCOPES = 'openid profile email';

/** Keycloak's paths below `/realms/<realm>`. */
const OIDC = '/protocol/openid-connect';
export const ROUTES = {
  authorization: `${OIDC}/auth`,
  token: `${OIDC}/token`,
  jwks: `${OIDC}/certs`,
  userinfo: `${OIDC}/userinfo`,
  introspection: `${OIDC}/token/introspect`,
  revocation: `${OIDC}/revoke`,
  end_session: `${OIDC}/logout`,
  device_authorization: `${OIDC}/auth/device`,
  code_verification: '/device',
};

export interface Parts {
  realm: Realm;
  accounts: Accounts;
  keys: Keys;
  store: Store;
  /** Path of the realm, such as `/realms/kontor`. */
  path: string;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const PROFILE = ['preferred_username', 'name', 'given_name', 'family_name', 'email', 'email_verified'];

/** The realm, as the library wants to be told. */
export function configurationOf({ realm, accounts, keys, store, path }: Parts): Configuration {
  return {
    adapter: (model: string) => store.adapter(model),
    clients: realm.clients.map(clientMetadata),
    jwks: { keys: keys.signing.map(({ jwk }) => jwk as { kty: string }) },
    routes: ROUTES,
    scopes: SCOPES.split(' '),
    // Keycloak gives the whole profile with every scope.
    claims: { openid: ['sub', 'typ', 'azp', 'sid', ...PROFILE], profile: PROFILE, email: PROFILE, auth_time: null },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: () => false,
    cookies: cookiesOf(keys, path),
    ttl: lifetimesOf(realm),
    features: featuresOf(realm),
    interactions: { url: (_, { uid }) => `${path}/interaction/${uid}` },
    findAccount: (ctx, id) => accountOf(ctx, id, accounts),
    loadExistingGrant: grantFor,
    renderError: (ctx, { error, error_description }) => {
      ctx.type = 'html';
      ctx.body = messagePage(realm.displayName, 'That did not work', error_description ?? error);
    },
  };
}

function clientMetadata(client: RealmClient): ClientMetadata {
  const grants = [
    client.mayUseCode && 'authorization_code',
    client.mayUseDevice && DEVICE_GRANT,
    (client.mayUseCode || client.mayUseDevice) && 'refresh_token',
    client.mayUseServiceAccount && 'client_credentials',
  ];
  return {
    client_id: client.id,
    client_name: client.name,
    ...(client.secret === undefined ? {} : { client_secret: client.secret }),
    token_endpoint_auth_method: client.secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: grants.filter((grant) => grant !== false),
    response_types: client.mayUseCode ? ['code'] : [],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
  };
}

function cookiesOf({ cookie }: Keys, path: string): NonNullable<Configuration['cookies']> {
  const options = { signed: true, httpOnly: true, sameSite: 'lax' } as const;
  return {
    keys: [cookie],
    // Browsers keep cookies of one host together, whatever the port: names that no other part of Kontor has.
    names: { session: 'kontor_identity', interaction: 'kontor_interaction', resume: 'kontor_resume' },
    long: { ...options, path: `${path}/` },
    short: options,
  };
}

/** A session lasts as long as it is used, and never longer than the realm's maximum. */
export const sessionLifetime = ({ lifetimes }: Realm, signedInAt_s: number | undefined, now_s: number) =>
  Math.max(1, Math.min(lifetimes.sessionIdle, (signedInAt_s ?? now_s) + lifetimes.sessionMax - now_s));

function lifetimesOf(realm: Realm): NonNullable<Configuration['ttl']> {
  const { lifetimes } = realm;
  return {
    AccessToken: lifetimes.accessToken,
    ClientCredentials: lifetimes.accessToken,
    IdToken: lifetimes.accessToken,
    AuthorizationCode: lifetimes.code,
    DeviceCode: lifetimes.deviceCode,
    Interaction: lifetimes.login,
    RefreshToken: lifetimes.sessionIdle,
    Grant: lifetimes.sessionMax,
    Session: (_, session) => sessionLifetime(realm, session.loginTs, Math.floor(Date.now() / 1000)),
  };
}

function featuresOf(realm: Realm): NonNullable<Configuration['features']> {
  const { displayName } = realm;
  const secretOf = (ctx: KoaContextWithOIDC) => String(ctx.oidc.session?.state?.['secret']);
  const nameOf = (ctx: KoaContextWithOIDC) => ctx.oidc.client?.clientName ?? 'The program';
  const mayAskAboutAll = (id: string) => realm.clients.some((client) => client.id === id && client.mayAskAboutAll);
  return {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    resourceIndicators: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_, { clientId, clientAuthMethod }, token) =>
        clientAuthMethod !== 'none' && (mayAskAboutAll(clientId) || token.clientId === clientId),
    },
    revocation: {
      enabled: true,
      allowedPolicy: (_, { clientId }, token) => token.clientId === clientId,
    },
    deviceFlow: {
      enabled: true,
      mask: '****-****',
      deviceInfo: () => ({}),
      userCodeInputSource: (ctx, _form, _out, err) => {
        const fault = err && 'That code is not known, was used, or is too old. Compare it with what the program shows.';
        ctx.body = deviceCodePage(displayName, ctx.oidc.urlFor('code_verification'), secretOf(ctx), fault);
      },
      userCodeConfirmSource: (ctx, _form, client, _info, userCode) => {
        const action = ctx.oidc.urlFor('code_verification');
        const name = client.clientName ?? client.clientId;
        ctx.body = deviceConfirmPage(displayName, name, userCode, action, secretOf(ctx));
      },
      successSource: (ctx) => {
        ctx.body = messagePage(displayName, 'Connected', `${nameOf(ctx)} goes on by itself. You can close this page.`);
      },
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx) => {
        ctx.body = signOutPage(displayName, ctx.oidc.urlFor('end_session_confirm'), secretOf(ctx));
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = messagePage(displayName, 'Signed out', 'You can close this page.');
      },
    },
  };
}

function accountOf(ctx: KoaContextWithOIDC, id: string, accounts: Accounts) {
  const user = accounts.byId(id);
  const { client, entities } = ctx.oidc;
  const ofIdToken = () => ({ typ: 'ID', azp: client?.clientId, sid: entities.AccessToken?.sessionUid });
  return (
    user && {
      accountId: id,
      claims: (use: string) => ({ sub: id, ...profileOf(user), ...(use === 'id_token' ? ofIdToken() : {}) }),
    }
  );
}

/** Kontor's own clients need no consent: whoever signs in has granted them the profile. */
async function grantFor(ctx: KoaContextWithOIDC) {
  const { session, client, account, provider } = ctx.oidc;
  if (!session || !client || !account) return undefined;
  const id = session.grantIdFor(client.clientId);
  const existing = id ? await provider.Grant.find(id) : undefined;
  if (existing?.accountId === account.accountId) return existing;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
  grant.addOIDCScope(SCOPES);
  await grant.save();
  return grant;
}
