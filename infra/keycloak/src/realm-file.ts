import { z } from 'zod';

/*
 * The part of Keycloak's realm format that the embedded provider can honour. Objects are strict and a setting that it
 * knows in one way only is that literal, so that whatever it lacks is refused and nothing is silently left out.
 */

const seconds = z.int().positive();
const off = z.literal(false);

/** `*` stands for any path in Keycloak; here a URI is compared whole. */
const exactUri = z
  .url({ protocol: /^https?$/, error: 'must be a whole http or https URI' })
  .refine((uri) => !uri.includes('*'), 'must not contain a wildcard');

/** Keycloak writes lists in an attribute as one text. */
const uriList = z
  .string()
  .transform((text) => text.split('##'))
  .pipe(z.array(exactUri));

const audienceMapper = z.strictObject({
  name: z.string(),
  protocol: z.literal('openid-connect'),
  protocolMapper: z.literal('oidc-audience-mapper'),
  config: z.strictObject({
    'included.client.audience': z.string(),
    'access.token.claim': z.literal('true'),
    'id.token.claim': z.literal('false'),
    'introspection.token.claim': z.literal('true'),
  }),
});

/** The scopes that Keycloak itself puts into a new realm, whose claims the embedded provider writes too. */
const BUILT_IN_SCOPES = ['basic', 'acr', 'profile', 'email', 'roles'] as const;

const isAllBuiltIn = (scopes: string[]) => scopes.join() === BUILT_IN_SCOPES.join();

const named = {
  clientId: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string().optional(),
  description: z.string().optional(),
  enabled: z.boolean(),
  protocol: z.literal('openid-connect'),
};

const audienceOnly = z.strictObject({ ...named, bearerOnly: z.literal(true) });

const signingIn = z.strictObject({
  ...named,
  clientAuthenticatorType: z.literal('client-secret').optional(),
  secret: z.string().min(16, 'must have at least 16 characters').optional(),
  publicClient: z.boolean(),
  standardFlowEnabled: z.boolean(),
  implicitFlowEnabled: off,
  directAccessGrantsEnabled: off,
  serviceAccountsEnabled: z.boolean(),
  consentRequired: off,
  fullScopeAllowed: z.literal(true),
  redirectUris: z.array(exactUri),
  webOrigins: z.array(z.never()),
  attributes: z.strictObject({
    'pkce.code.challenge.method': z.literal('S256').optional(),
    'post.logout.redirect.uris': uriList.optional(),
    'oauth2.device.authorization.grant.enabled': z.enum(['true', 'false']).optional(),
    // May ask about tokens of other clients: a program at the edge does, on behalf of the API.
    'allow.token.introspection.without.audience.check': z.enum(['true', 'false']).optional(),
  }),
  defaultClientScopes: z.array(z.enum(BUILT_IN_SCOPES)).refine(isAllBuiltIn, 'must be exactly the built-in scopes'),
  optionalClientScopes: z.array(z.never()),
  protocolMappers: z.tuple([audienceMapper]),
});

export const userFile = z.strictObject({
  id: z.uuid(),
  username: z.string().min(1),
  enabled: z.boolean(),
  email: z.email().optional(),
  emailVerified: z.boolean().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  serviceAccountClientId: z.string().optional(),
  realmRoles: z.array(z.string()),
  credentials: z
    .array(z.strictObject({ type: z.literal('password'), value: z.string().min(8), temporary: off }))
    .max(1)
    .default([]),
});

/** The whole file. */
export const realmFile = z.strictObject({
  realm: z.string().regex(/^[a-z][a-z0-9-]*$/),
  displayName: z.string(),
  enabled: z.literal(true),
  sslRequired: z.literal('external'),
  registrationAllowed: off,
  resetPasswordAllowed: off,
  editUsernameAllowed: off,
  loginWithEmailAllowed: z.literal(true),
  duplicateEmailsAllowed: off,
  defaultSignatureAlgorithm: z.literal('RS256'),
  accessTokenLifespan: seconds.max(300, 'must not be more than 300 seconds'),
  accessCodeLifespan: seconds,
  accessCodeLifespanUserAction: seconds,
  accessCodeLifespanLogin: seconds,
  oauth2DeviceCodeLifespan: seconds,
  oauth2DevicePollingInterval: seconds,
  ssoSessionIdleTimeout: seconds,
  ssoSessionMaxLifespan: seconds,
  revokeRefreshToken: z.literal(true),
  refreshTokenMaxReuse: z.literal(0),
  bruteForceProtected: z.literal(true),
  permanentLockout: off,
  failureFactor: z.int().positive(),
  waitIncrementSeconds: seconds,
  maxFailureWaitSeconds: seconds,
  maxDeltaTimeSeconds: seconds,
  quickLoginCheckMilliSeconds: z.literal(0),
  minimumQuickLoginWaitSeconds: z.literal(0),
  roles: z.strictObject({
    realm: z.array(z.strictObject({ name: z.string(), description: z.string().optional() })),
  }),
  clients: z.array(z.union([audienceOnly, signingIn])),
  users: z.array(userFile).default([]),
});

export type RealmFile = z.output<typeof realmFile>;
export type UserFile = z.output<typeof userFile>;
export type SigningInFile = z.output<typeof signingIn>;

/** Whether a client signs people or programs in, and is not only an audience. */
export const signsIn = (client: RealmFile['clients'][number]): client is SigningInFile => !('bearerOnly' in client);
