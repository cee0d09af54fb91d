import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider } from '../provider.ts';
import { readRealm } from '../realm-folder.ts';
import type { IdentityProvider, IdentityProviderOptions } from './identity-provider.ts';
import { realmClient } from './realm-client.ts';

/** Starts the embedded provider in this process. */
export async function startEmbedded({ publicUrl, home, port = 0 }: IdentityProviderOptions): Promise<IdentityProvider> {
  const folder = home ?? mkdtempSync(join(tmpdir(), 'kontor-identity-'));
  const [clientSecret, serviceSecret] = ['secret-of-the-portal', 'secret-of-a-program'];
  const realm = readRealm({
    KONTOR_PUBLIC_URL: publicUrl,
    KONTOR_PORTAL_SECRET: clientSecret,
    KONTOR_SERVICE_SECRET: serviceSecret,
  });
  const provider = await startProvider({ realm, home: folder, host: '127.0.0.1', port });
  const { issuer } = provider;
  const stop = async () => {
    await provider.close();
    if (home === undefined) rmSync(folder, { recursive: true });
  };
  return {
    kind: 'embedded',
    issuer,
    realmUrl: issuer,
    clientSecret,
    serviceSecret,
    ...realmClient(issuer, { publicUrl, clientSecret, serviceSecret }),
    rotateKeys: provider.rotateKeys,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
