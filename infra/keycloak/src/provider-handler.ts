import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '@kontor/kit/loopback';
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { readSigned } from './access-token.ts';
import { Accounts } from './accounts.ts';
import { answerInteraction } from './interaction-pages.ts';
import type { Keys } from './keys.ts';
import { contentSecurityPolicy } from './pages.ts';
import { configurationOf, ROUTES } from './provider-configuration.ts';
import type { Realm } from './realm.ts';
import { signOutByIdToken } from './sign-out.ts';
import { describeToken, signTokenAnswer } from './signed-tokens.ts';
import type { Store } from './store.ts';
import { exchangeTokens } from './token-exchange.ts';

export interface HandlerParts {
  issuer: string;
  realm: Realm;
  store: Store;
  keys: Keys;
}

/** Answers the requests to a realm. All state is in the store, so that a handler with new keys can follow this one. */
export function handlerOf(parts: HandlerParts) {
  const { issuer, realm, store, keys } = parts;
  const { host, pathname: path } = new URL(issuer);
  const accounts = new Accounts(realm, store);
  const provider = new Provider(issuer, configurationOf({ realm, accounts, keys, store, path }));
  provider.on('server_error', (_, error) => console.error(error));
  const headers = headersFor(realm);
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    ctx.set(headers);
    if (!ctx.path.startsWith(`${path}/`)) return;
    ctx.mountPath = path;
    ctx.path = ctx.path.slice(path.length);
    await answer(ctx, { ...parts, provider, accounts }, next);
  });
  const respond = provider.callback();
  const recordOf = async (token: string) => {
    const claims = await readSigned(token, issuer, keys);
    return claims?.['typ'] === 'Bearer' ? claims.jti : undefined;
  };
  return async (request: IncomingMessage, response: ServerResponse) => {
    // Whoever names another host was led here by a name that is not ours, such as a rebound DNS entry.
    if (!isLoopback(URL.parse(`http://${request.headers.host}`)?.hostname ?? ''))
      return void response.writeHead(421).end();
    // Whichever name of this machine was used, links and cookies are those of the issuer's.
    request.headers.host = host;
    const exchanged = await exchangeTokens(request, recordOf).catch(() => undefined);
    if (!exchanged) return void response.writeHead(400).end();
    await respond(exchanged, response);
  };
}

const headersFor = ({ clients }: Realm) => ({
  'content-security-policy': contentSecurityPolicy(clients.flatMap(({ redirectUris }) => redirectUris)),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
});

/** Our pages, then the library, then what its answer lacks. */
async function answer(
  ctx: KoaContextWithOIDC,
  parts: HandlerParts & { provider: Provider; accounts: Accounts },
  next: () => Promise<void>,
): Promise<void> {
  const { path } = ctx;
  if (path.startsWith('/interaction/')) return answerInteraction(ctx, parts.provider, parts.realm, parts.accounts);
  if (path === ROUTES.end_session && (await signOutByIdToken(ctx, parts))) return;
  await next();
  if (ctx.status !== 200) return;
  if (path === ROUTES.token) await signTokenAnswer(ctx, parts);
  if (path === ROUTES.introspection) describeToken(ctx, parts);
  if (path === ROUTES.device_authorization) {
    ctx.body = { ...(ctx.body as object), interval: parts.realm.lifetimes.devicePolling };
  }
}
