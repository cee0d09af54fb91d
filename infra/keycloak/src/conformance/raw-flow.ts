import { createHash } from 'node:crypto';
import { CookieJar } from '../cookie-jar.ts';
import { textOf } from '../html-form.ts';
import { endpointsOf, post, type OidcClient } from '../token-endpoint.ts';
import { request, walk } from '../walk.ts';

export const VERIFIER = 'a-verifier-that-is-long-enough-to-be-one-0123456789';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** The code flow by hand, so that a test can leave out or bend any part of it. */
export function rawFlow(issuer: string, client: OidcClient & { redirectUri: string }) {
  const usual = {
    client_id: client.id,
    redirect_uri: client.redirectUri,
    response_type: 'code',
    scope: 'openid',
    state: 'of-this-test',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  };

  /** The first answer of the authorization endpoint; a parameter that is undefined is left out. */
  async function authorize(changes: Record<string, string | undefined> = {}, jar = new CookieJar()) {
    const { authorization } = await endpointsOf(issuer);
    const parameters = Object.entries({ ...usual, ...changes }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    );
    const url = `${authorization}?${new URLSearchParams(parameters)}`;
    const response = await request(url, jar);
    return { url, response, location: response.headers.get('location') ?? '', page: textOf(await response.text()) };
  }

  /** Signs in with what a person types and answers where that led. */
  async function signIn(username: string, password: string, jar = new CookieJar()) {
    let typed = false;
    const { url } = await authorize({}, jar);
    return walk(
      url,
      jar,
      ([form]) => {
        if (typed || !form || !('password' in form.fields)) return undefined;
        typed = true;
        return { ...form, fields: { ...form.fields, username, password } };
      },
      (location) => location.startsWith(client.redirectUri),
    );
  }

  async function codeOf(username: string, password: string): Promise<string> {
    const { location = '' } = await signIn(username, password);
    return URL.parse(location)?.searchParams.get('code') ?? '';
  }

  async function redeem(code: string, changes: Record<string, string> = {}) {
    const { token } = await endpointsOf(issuer);
    const grant = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: VERIFIER };
    return post(token, client, { ...grant, ...changes });
  }

  return { authorize, signIn, codeOf, redeem };
}
