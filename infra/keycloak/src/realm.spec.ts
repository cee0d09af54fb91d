import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fillPlaceholders } from './placeholders.ts';
import { DEMO_USERS_FILE, readRealm, REALM_FILE } from './realm-folder.ts';
import { parseRealm } from './realm.ts';

const VALUES = {
  KONTOR_PUBLIC_URL: 'https://kontor.example',
  KONTOR_PORTAL_SECRET: 'a "quoted" secret\\',
  KONTOR_SERVICE_SECRET: 'secret-of-a-program',
};

describe('Kontor’s realm', () => {
  it('is one that the embedded provider can honour, with its values filled in', () => {
    const realm = readRealm(VALUES);
    expect(realm).toMatchObject({ name: 'kontor', lifetimes: { accessToken: 300 } });
    expect(realm.clients.map(({ id, secret }) => [id, secret])).toEqual([
      ['kontor-portal', VALUES.KONTOR_PORTAL_SECRET],
      ['kontor-cli', undefined],
      ['kontor-service', VALUES.KONTOR_SERVICE_SECRET],
    ]);
    expect(realm.clients.map(({ audience }) => audience)).toEqual(['kontor-api', 'kontor-api', 'kontor-api']);
    expect(realm.clients[0]).toMatchObject({
      redirectUris: ['https://kontor.example/auth/callback'],
      postLogoutRedirectUris: ['https://kontor.example/'],
    });
  });

  it('holds no secret', () => {
    const { clients } = JSON.parse(readFileSync(REALM_FILE, 'utf8')) as { clients: { secret?: string }[] };
    const secrets = clients.flatMap(({ secret }) => secret ?? []);
    expect(secrets).toEqual(['${KONTOR_PORTAL_SECRET}', '${KONTOR_SERVICE_SECRET}']);
  });

  it('has demo users in every operator-wide role and without any', () => {
    const { users } = JSON.parse(readFileSync(DEMO_USERS_FILE, 'utf8')) as { users: Record<string, unknown>[] };
    expect(users.map(({ username, realmRoles }) => [username, realmRoles])).toEqual([
      ['staff', ['operator-staff']],
      ['staff2', ['operator-staff']],
      ['auditor', ['auditor']],
      ['admin', []],
      ['researcher', []],
      ['researcher2', []],
    ]);
    expect(users).toEqual(users.map((user) => ({ ...user, email: `${user['username']}@demo.example` })));
  });

  it('is not read while a value is missing', () => {
    expect(() => readRealm({ ...VALUES, KONTOR_PORTAL_SECRET: '' })).toThrow(
      'The realm file needs values for KONTOR_PORTAL_SECRET.',
    );
    expect(() => fillPlaceholders('${A} ${B} ${A}', { B: 'b' })).toThrow('needs values for A.');
  });
});

describe('a realm that the embedded provider cannot honour is refused, naming', () => {
  const cases: Record<string, [change: (realm: Json) => void, named: string]> = {
    'a setting it does not know': [(realm) => (realm['otpPolicyType'] = 'totp'), 'realm.otpPolicyType is not known.'],
    'open registration': [
      (realm) => (realm['registrationAllowed'] = true),
      'realm.registrationAllowed may only be false.',
    ],
    'identity brokering': [(realm) => (realm['identityProviders'] = []), 'realm.identityProviders is not known.'],
    'longer access tokens': [
      (realm) => (realm['accessTokenLifespan'] = 3600),
      'realm.accessTokenLifespan: must not be more than 300 seconds.',
    ],
    'another signature': [
      (realm) => (realm['defaultSignatureAlgorithm'] = 'HS256'),
      'realm.defaultSignatureAlgorithm may only be RS256.',
    ],
    'consent of a client': [
      (realm) => (client(realm, 'kontor-portal')['consentRequired'] = true),
      'realm.clients.kontor-portal.consentRequired may only be false.',
    ],
    'passwords sent by programs': [
      (realm) => (client(realm, 'kontor-cli')['directAccessGrantsEnabled'] = true),
      'realm.clients.kontor-cli.directAccessGrantsEnabled may only be false.',
    ],
    'a wildcard in a redirect': [
      (realm) => (client(realm, 'kontor-portal')['redirectUris'] = ['https://kontor.example/*']),
      'realm.clients.kontor-portal.redirectUris.0: must not contain a wildcard.',
    ],
    'a mapper of another kind': [
      (realm) => (client(realm, 'kontor-cli')['protocolMappers'] = [{ name: 'x', protocolMapper: 'oidc-hardcoded' }]),
      'realm.clients.kontor-cli.protocolMappers.0.protocolMapper may only be oidc-audience-mapper.',
    ],
    'an attribute of a client': [
      (realm) => (client(realm, 'kontor-cli')['attributes'] = { 'dpop.bound.access.tokens': 'true' }),
      'realm.clients.kontor-cli.attributes.dpop.bound.access.tokens is not known.',
    ],
    'a code flow without PKCE': [
      (realm) => (client(realm, 'kontor-portal')['attributes'] = {}),
      'clients.kontor-portal: the code flow needs pkce.code.challenge.method S256.',
    ],
    'a public client with a secret': [
      (realm) => (client(realm, 'kontor-cli')['secret'] = 'a-secret-that-everyone-has'),
      'clients.kontor-cli: a public client has no secret.',
    ],
    'an audience that is no client': [
      (realm) => (realm['clients'] = clients(realm).filter(({ clientId }) => clientId !== 'kontor-api')),
      'clients.kontor-cli: its audience kontor-api is no client.',
    ],
    'a service account that is nobody': [
      (realm) => (realm['users'] = []),
      'clients.kontor-service: no user is its service account.',
    ],
    'a role that is not there': [
      (realm) => ((realm['users'] as Json[])[0]!['realmRoles'] = ['king']),
      'users.service-account-kontor-service: there is no role king.',
    ],
    'two clients of one name': [
      (realm) => clients(realm).push({ ...client(realm, 'kontor-cli') }),
      'clients: kontor-cli is there twice.',
    ],
  };

  it.each(Object.entries(cases))('%s', (_, [change, named]) => {
    const realm = realmJson();
    change(realm);
    const parse = () => parseRealm(realm);
    expect(parse).toThrow(`The embedded provider cannot honour this realm: `);
    expect(parse).toThrow(named);
  });

  it('all of them at once', () => {
    const realm = { ...realmJson(), registrationAllowed: true, webAuthnPolicyRpId: '' };
    expect(() => parseRealm(realm)).toThrow(
      'realm.registrationAllowed may only be false. realm.webAuthnPolicyRpId is not known.',
    );
  });

  it('what a user of another file cannot have', () => {
    const users = { realm: 'kontor', users: [{ id: 'x', username: 'eve', enabled: true, realmRoles: [], totp: true }] };
    expect(() => parseRealm(realmJson(), users)).toThrow(
      /users\.users\.eve\.id: .* users\.users\.eve\.totp is not known/,
    );
    expect(() => parseRealm(realmJson(), { realm: 'other', users: [] })).toThrow('users.realm may only be kontor.');
  });
});

type Json = Record<string, unknown>;

const realmJson = () => JSON.parse(fillPlaceholders(readFileSync(REALM_FILE, 'utf8'), VALUES)) as Json;
const clients = (realm: Json) => realm['clients'] as Json[];
const client = (realm: Json, id: string) => clients(realm).find(({ clientId }) => clientId === id) ?? {};
