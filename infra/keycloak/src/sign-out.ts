import type { KoaContextWithOIDC } from 'oidc-provider';
import { readSigned } from './access-token.ts';
import type { Keys } from './keys.ts';
import { messagePage } from './pages.ts';
import type { Realm } from './realm.ts';
import type { Store } from './store.ts';

/**
 * Ends the session that an ID token names and leads back to the client, without asking: whoever holds the token acts
 * for the person, as in Keycloak. A sign-out without an ID token is the library's, which asks. Answers whether it was
 * one with.
 */
export async function signOutByIdToken(
  ctx: KoaContextWithOIDC,
  { issuer, keys, realm, store }: { issuer: string; keys: Keys; realm: Realm; store: Store },
): Promise<boolean> {
  const { id_token_hint: hint, post_logout_redirect_uri: back, state } = ctx.query;
  if (typeof hint !== 'string') return false;
  const idToken = await readSigned(hint, issuer, keys);
  const client = realm.clients.find(({ id }) => id === idToken?.aud);
  const isOurs = client && idToken?.['typ'] === 'ID' && typeof idToken['sid'] === 'string';
  const isKnown = back === undefined || (typeof back === 'string' && client?.postLogoutRedirectUris.includes(back));
  if (!isOurs || !isKnown) {
    ctx.status = 400;
    ctx.type = 'html';
    ctx.body = messagePage(
      realm.displayName,
      'That did not work',
      'This sign-out was not asked for by a known program.',
    );
    return true;
  }
  store.endSession(String(idToken['sid']));
  ctx.type = 'html';
  ctx.body = messagePage(realm.displayName, 'Signed out', 'You can close this page.');
  if (typeof back === 'string') ctx.redirect(withState(back, state));
  return true;
}

function withState(uri: string, state: string | string[] | undefined): string {
  const url = new URL(uri);
  if (typeof state === 'string') url.searchParams.set('state', state);
  return url.href;
}
