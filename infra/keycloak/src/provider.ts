import { join } from 'node:path';
import { isLoopback } from '@kontor/kit/loopback';
import { ensureKeys, rotate } from './keys.ts';
import { listenOnLoopback } from './loopback-server.ts';
import { handlerOf } from './provider-handler.ts';
import { RealmFault } from './realm-fault.ts';
import type { Realm } from './realm.ts';
import { Store } from './store.ts';

export interface ProviderOptions {
  realm: Realm;
  /** Folder for keys, sessions and grants. They survive a restart. */
  home: string;
  /** A loopback address or `localhost`, and a port; 0 takes a free one. */
  host: string;
  port: number;
  /** How browsers on this machine reach the realm, where that is by another name than `host`. */
  issuer?: string;
}

export interface EmbeddedProvider extends AsyncDisposable {
  issuer: string;
  /** From now on a new key signs; the one before stays published until what it signed has expired. */
  rotateKeys(): Promise<void>;
  /** Stops listening and closes the store, within about a second. */
  close(): Promise<void>;
}

/**
 * Starts a sign-in server with Keycloak's paths, on this machine alone. Throws RealmFault for an address that others
 * could reach, or for damaged keys.
 */
export async function startProvider(options: ProviderOptions): Promise<EmbeddedProvider> {
  const { realm, home, host } = options;
  if (options.issuer !== undefined) refuseOtherIssuer(options.issuer, options);
  const keyFile = join(home, 'keys.json');
  let keys = await ensureKeys(keyFile);
  const { server, port, stop } = await listenOnLoopback(host, options.port);
  const issuer = options.issuer ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}/realms/${realm.name}`;
  const store = new Store(join(home, 'store.sqlite'));
  let handle = handlerOf({ issuer, realm, store, keys });
  server.on('request', (request, response) => void handle(request, response));
  const close = async () => {
    await stop();
    store.close();
  };
  return {
    issuer,
    rotateKeys: async () => {
      keys = await rotate(keyFile, keys, realm.lifetimes.sessionMax * 1000, Date.now());
      handle = handlerOf({ issuer, realm, store, keys });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Tokens name the issuer, and browsers are sent there: it has to be this server. */
function refuseOtherIssuer(issuer: string, { realm, port }: ProviderOptions): void {
  const url = URL.parse(issuer);
  const isThis = url && isLoopback(url.hostname) && url.protocol === 'http:' && url.port === String(port);
  if (isThis && url.pathname === `/realms/${realm.name}`) return;
  throw new RealmFault(
    `The embedded sign-in server cannot be the issuer ${issuer}.`,
    `Use http://localhost:${port}/realms/${realm.name}, or run a Keycloak server for others.`,
  );
}
