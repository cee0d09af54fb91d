import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@kontor/postgres/free-port';
import { post } from '../token-endpoint.ts';
import type { IdentityProvider, IdentityProviderOptions } from './identity-provider.ts';
import { HOW_TO_GET_KEYCLOAK, keycloakHome } from './keycloak-home.ts';
import { startKeycloakProcess } from './keycloak-process.ts';
import { realmClient } from './realm-client.ts';

const ADMIN = { username: 'root', password: 'only-while-this-test-runs' };

/** Starts a real Keycloak server. It keeps nothing: `home` is where it logs. Throws where none is installed. */
export async function startKeycloak(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const installed = keycloakHome();
  if (!installed) throw new Error(HOW_TO_GET_KEYCLOAK);
  const { publicUrl, home } = options;
  const folder = home ?? mkdtempSync(join(tmpdir(), 'kontor-keycloak-'));
  const [clientSecret, serviceSecret] = ['secret-of-the-portal', 'secret-of-a-program'];
  const server = await startKeycloakProcess({
    installed,
    home: folder,
    port: options.port || (await freePort()),
    admin: ADMIN,
    values: {
      KONTOR_PUBLIC_URL: publicUrl,
      KONTOR_PORTAL_SECRET: clientSecret,
      KONTOR_SERVICE_SECRET: serviceSecret,
    },
  });
  const issuer = `${server.origin}/realms/kontor`;
  const stop = async () => {
    await server.stop();
    if (home === undefined) rmSync(folder, { recursive: true });
  };
  return {
    kind: 'keycloak',
    issuer,
    realmUrl: issuer,
    clientSecret,
    serviceSecret,
    ...realmClient(issuer, { publicUrl, clientSecret, serviceSecret }),
    rotateKeys: () => addKey(server.origin),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Adds a key that takes precedence, as its administrator would. */
async function addKey(origin: string): Promise<void> {
  const grant = { grant_type: 'password', ...ADMIN };
  const { body } = await post(`${origin}/realms/master/protocol/openid-connect/token`, { id: 'admin-cli' }, grant);
  const headers = { authorization: `Bearer ${String(body['access_token'])}`, 'content-type': 'application/json' };
  const realm = await fetch(`${origin}/admin/realms/kontor`, { headers });
  const { id } = (await realm.json()) as { id: string };
  const now_ms = Date.now();
  const response = await fetch(`${origin}/admin/realms/kontor/components`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      name: `rsa ${now_ms}`,
      parentId: id,
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: [String(now_ms)], algorithm: ['RS256'], enabled: ['true'], active: ['true'] },
    }),
  });
  if (response.status !== 201) throw new Error(`Keycloak took no new key: ${response.status} ${await response.text()}`);
}
