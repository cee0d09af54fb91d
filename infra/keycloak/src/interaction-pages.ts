import { isLoopback } from '@kontor/kit/loopback';
import type { InteractionResults, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Accounts } from './accounts.ts';
import { consentPage, loginPage } from './pages.ts';
import type { Realm } from './realm.ts';
import { readForm } from './request-form.ts';

/**
 * Shows the page that a sign-in waits for, and takes its answer. The library finds the sign-in by a signed cookie that
 * belongs to this one path, so that no other site can answer in somebody's name.
 */
export async function answerInteraction(ctx: KoaContextWithOIDC, provider: Provider, realm: Realm, accounts: Accounts) {
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const client = realm.clients.find(({ id }) => id === params['client_id'])?.name ?? 'A program';
  const isLogin = prompt.name === 'login';
  ctx.type = 'html';
  if (ctx.method !== 'POST') {
    ctx.body = isLogin ? loginPage(realm.displayName, client, {}) : consentPage(realm.displayName, client);
    return;
  }
  refuseOtherSites(ctx);
  const form = await readForm(ctx.req);
  const finish = (result: InteractionResults) => finishInteraction(ctx, provider, result);
  if (form.has('cancel')) return finish({ error: 'access_denied', error_description: 'The person cancelled.' });
  if (!isLogin) return finish({ consent: {} });
  const username = form.get('username') ?? '';
  const attempt = accounts.signIn(username, form.get('password') ?? '');
  if ('user' in attempt) return finish({ login: { accountId: attempt.user.id, acr: '1' } });
  if (attempt.wait_ms > 0) {
    ctx.status = 429;
    ctx.set('retry-after', String(Math.ceil(attempt.wait_ms / 1000)));
  }
  ctx.body = loginPage(realm.displayName, client, { username, fault: attempt.fault });
}

async function finishInteraction(ctx: KoaContextWithOIDC, provider: Provider, result: InteractionResults) {
  const next = await provider.interactionResult(ctx.req, ctx.res, result);
  ctx.status = 303;
  ctx.redirect(next);
}

/** Browsers say where a form comes from; a form of ours comes from here, whichever name of this machine was used. */
function refuseOtherSites(ctx: KoaContextWithOIDC): void {
  const given = ctx.get('origin');
  const origin = URL.parse(given);
  const isOurs = origin && isLoopback(origin.hostname) && origin.port === ctx.host.replace(/^.*:/, '');
  if (given && given !== 'null' && !isOurs) ctx.throw(403, 'This form came from another site.');
}
