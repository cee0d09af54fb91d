import { z } from 'zod';
import { contradictions } from './realm-contradictions.ts';
import { realmFile, signsIn, userFile, type RealmFile, type SigningInFile, type UserFile } from './realm-file.ts';
import { parse, refuse } from './realm-refusal.ts';

/** What the embedded provider needs to know of a realm. Lifetimes are in seconds. */
export interface Realm {
  name: string;
  displayName: string;
  lifetimes: Lifetimes;
  guessing: GuessingPolicy;
  clients: RealmClient[];
  users: RealmUser[];
}

export interface Lifetimes {
  accessToken: number;
  code: number;
  login: number;
  deviceCode: number;
  devicePolling: number;
  sessionIdle: number;
  sessionMax: number;
}

/** After every `failuresPerWait` wrong passwords in a row the wait grows by a step. */
export interface GuessingPolicy {
  failuresPerWait: number;
  waitStep_s: number;
  longestWait_s: number;
  forgetAfter_s: number;
}

export interface RealmClient {
  id: string;
  name: string;
  secret: string | undefined;
  /** What access tokens for this client name as `aud`. */
  audience: string;
  mayUseCode: boolean;
  mayUseDevice: boolean;
  mayUseServiceAccount: boolean;
  /** Whether it may ask about tokens that were made for other clients. */
  mayAskAboutAll: boolean;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
}

export interface RealmUser {
  id: string;
  username: string;
  enabled: boolean;
  email: string | undefined;
  emailVerified: boolean;
  firstName: string | undefined;
  lastName: string | undefined;
  roles: string[];
  password: string | undefined;
  /** The client whose programs this user stands for. */
  serviceAccountOf: string | undefined;
}

/**
 * Reads a realm in Keycloak's format, with its placeholders filled, and the users of a file beside it. Throws
 * RealmFault that names every setting which the embedded provider lacks or which contradicts another.
 */
export function parseRealm(realmJson: unknown, usersJson: unknown = undefined): Realm {
  const file = parse(realmFile, realmJson, 'realm');
  const more = usersJson === undefined ? [] : parse(usersOf(file.realm), usersJson, 'users').users;
  const users = [...file.users, ...more];
  refuse(contradictions(file, users));
  return {
    name: file.realm,
    displayName: file.displayName,
    lifetimes: lifetimesOf(file),
    guessing: {
      failuresPerWait: file.failureFactor,
      waitStep_s: file.waitIncrementSeconds,
      longestWait_s: file.maxFailureWaitSeconds,
      forgetAfter_s: file.maxDeltaTimeSeconds,
    },
    clients: file.clients
      .filter(signsIn)
      .filter(({ enabled }) => enabled)
      .map(clientOf),
    users: users.map(userOf),
  };
}

const usersOf = (realm: string) => z.strictObject({ realm: z.literal(realm), users: z.array(userFile) });

function lifetimesOf(file: RealmFile): Lifetimes {
  return {
    accessToken: file.accessTokenLifespan,
    code: file.accessCodeLifespan,
    login: file.accessCodeLifespanLogin,
    deviceCode: file.oauth2DeviceCodeLifespan,
    devicePolling: file.oauth2DevicePollingInterval,
    sessionIdle: file.ssoSessionIdleTimeout,
    sessionMax: file.ssoSessionMaxLifespan,
  };
}

function clientOf(client: SigningInFile): RealmClient {
  const { attributes } = client;
  return {
    id: client.clientId,
    name: client.name ?? client.clientId,
    secret: client.secret,
    audience: client.protocolMappers[0].config['included.client.audience'],
    mayUseCode: client.standardFlowEnabled,
    mayUseDevice: attributes['oauth2.device.authorization.grant.enabled'] === 'true',
    mayUseServiceAccount: client.serviceAccountsEnabled,
    mayAskAboutAll: attributes['allow.token.introspection.without.audience.check'] === 'true',
    redirectUris: client.redirectUris,
    postLogoutRedirectUris: attributes['post.logout.redirect.uris'] ?? [],
  };
}

function userOf(user: UserFile): RealmUser {
  return {
    id: user.id,
    username: user.username,
    enabled: user.enabled,
    email: user.email,
    emailVerified: user.emailVerified ?? false,
    firstName: user.firstName,
    lastName: user.lastName,
    roles: user.realmRoles,
    password: user.credentials[0]?.value,
    serviceAccountOf: user.serviceAccountClientId,
  };
}
