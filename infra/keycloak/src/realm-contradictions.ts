import { signsIn, type RealmFile, type SigningInFile, type UserFile } from './realm-file.ts';

/** What each part of a realm allows by itself and all of them together do not, in sentences. */
export function contradictions(file: RealmFile, users: UserFile[]): string[] {
  const clients = file.clients.filter(signsIn);
  const ids = file.clients.map(({ clientId }) => clientId);
  const roles = new Set(file.roles.realm.map(({ name }) => name));
  return [
    ...twice(ids).map((id) => `clients: ${id} is there twice.`),
    ...twice(users.map(({ id }) => id)).map((id) => `users: the id ${id} is there twice.`),
    ...twice(users.map(({ username }) => username)).map((name) => `users: ${name} is there twice.`),
    ...clients.flatMap(contradictionsOf),
    ...clients
      .map((client) => ({ ...client, audience: client.protocolMappers[0].config['included.client.audience'] }))
      .filter(({ audience }) => !ids.includes(audience))
      .map(({ clientId, audience }) => `clients.${clientId}: its audience ${audience} is no client.`),
    ...users.flatMap(({ username, realmRoles }) =>
      realmRoles.filter((role) => !roles.has(role)).map((role) => `users.${username}: there is no role ${role}.`),
    ),
    ...clients
      .filter(({ serviceAccountsEnabled }) => serviceAccountsEnabled)
      .filter(({ clientId }) => !users.some((user) => user.serviceAccountClientId === clientId))
      .map(({ clientId }) => `clients.${clientId}: no user is its service account.`),
  ];
}

function contradictionsOf(client: SigningInFile): string[] {
  const { clientId, publicClient, secret, attributes } = client;
  const needsPkce = client.standardFlowEnabled && attributes['pkce.code.challenge.method'] !== 'S256';
  const faults = [
    publicClient && secret !== undefined && 'a public client has no secret',
    !publicClient && secret === undefined && 'a confidential client needs a secret',
    publicClient && client.serviceAccountsEnabled && 'a public client has no service account',
    needsPkce && 'the code flow needs pkce.code.challenge.method S256',
    client.standardFlowEnabled && client.redirectUris.length === 0 && 'the code flow needs a redirect URI',
  ];
  return faults.filter((fault) => fault !== false).map((fault) => `clients.${clientId}: ${fault}.`);
}

const twice = (names: string[]) => [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
