import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CookieJar } from './cookie-jar.ts';
import type { HtmlForm } from './html-form.ts';
import { askForTokens, endpointsOf, TokenRefused, type OidcClient, type Tokens } from './token-endpoint.ts';
import { request, SignInRefused, walk, type FillIn } from './walk.ts';

export { SignInRefused };
export type { OidcClient, Tokens };

export interface SignedIn {
  /** The answer of the gateway's callback, redirects not followed. */
  response: Response;
  /** The URL that gave it. */
  url: string;
  /** The cookies of the gateway and of the sign-in server. */
  jar: CookieJar;
}

const SCOPE = 'openid profile email';

/**
 * Signs a person in without a browser, at the embedded provider or at Keycloak. Starts at any URL that leads to the
 * sign-in server and ends with the answer of the callback it leads back to. Give the jar of an earlier sign-in to come
 * back as the same browser. Throws SignInRefused with what the page said.
 */
export async function signIn(
  startUrl: string,
  username: string,
  password: string,
  jar = new CookieJar(),
): Promise<SignedIn> {
  const { location, page } = await walk(startUrl, jar, asPerson(username, password), isCallback);
  if (!location) throw new SignInRefused('The sign-in did not lead back', 200, page);
  return { response: await request(location, jar), url: location, jar };
}

/** Signs a person in through the authorization code flow with PKCE, straight at the provider. Throws SignInRefused. */
export async function obtainTokens(
  issuer: string,
  client: OidcClient & { redirectUri: string },
  username: string,
  password: string,
  jar = new CookieJar(),
): Promise<Tokens> {
  const { authorization } = await endpointsOf(issuer);
  const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(16).toString('base64url')];
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const start = new URL(authorization);
  start.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: client.redirectUri,
    response_type: 'code',
    scope: SCOPE,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString();
  const { location, page } = await walk(start.href, jar, asPerson(username, password), isCallback);
  if (!location) throw new SignInRefused('The sign-in did not lead back', 200, page);
  const answer = new URL(location).searchParams;
  const code = answer.get('code');
  if (!code || answer.get('state') !== state) throw new SignInRefused('The sign-in failed', 302, answer.toString());
  return askForTokens(issuer, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  });
}

/** Signs a person in as a program on their machine does: it shows a code, and they confirm it in a browser. */
export async function deviceSignIn(
  issuer: string,
  clientId: string,
  username: string,
  password: string,
): Promise<Tokens> {
  const device = await startDevice(issuer, clientId);
  await confirmDevice(device.verification_uri, device.user_code, username, password);
  return pollForTokens(issuer, clientId, device);
}

export interface DeviceStart {
  device_code: string;
  user_code: string;
  verification_uri: string;
  /** Seconds between two questions; 5 where it is not said (RFC 8628, 3.2). */
  interval?: number;
}

/** Asks for a code to show to the person. */
export async function startDevice(issuer: string, clientId: string): Promise<DeviceStart> {
  const { device } = await endpointsOf(issuer);
  const body = new URLSearchParams({ client_id: clientId, scope: SCOPE });
  const response = await fetch(device, { method: 'POST', body });
  if (!response.ok) throw new SignInRefused('No device code', response.status, await response.text());
  return (await response.json()) as DeviceStart;
}

/** What the person does in a browser with the code that the program shows. */
export async function confirmDevice(verificationUri: string, userCode: string, username: string, password: string) {
  await walk(verificationUri, new CookieJar(), asPerson(username, password, userCode), () => false);
}

/** Asks until the person has confirmed. Throws TokenRefused where they declined or took too long. */
export async function pollForTokens(issuer: string, clientId: string, device: DeviceStart): Promise<Tokens> {
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code };
  try {
    return await askForTokens(issuer, { id: clientId }, grant);
  } catch (error) {
    const isWaiting = error instanceof TokenRefused && /^(authorization_pending|slow_down)$/.test(error.code);
    if (!isWaiting) throw error;
    await delay((device.interval ?? 5) * 1000);
    return pollForTokens(issuer, clientId, device);
  }
}

/** An authorization response goes back to the client: that is what a callback is (RFC 6749, 4.1.2). */
function isCallback(url: string): boolean {
  const { searchParams } = new URL(url);
  return searchParams.has('state') && (searchParams.has('code') || searchParams.has('error'));
}

/** Fills in each kind of form once, because a form that comes back was refused. */
function asPerson(username: string, password: string, userCode = ''): FillIn {
  const seen = new Set<string>();
  return (forms) => {
    for (const form of forms) {
      const answer = answerTo(form, { username, password, userCode });
      const kind = Object.keys(answer ?? {}).join();
      if (!answer) continue;
      if (seen.has(kind)) return undefined;
      seen.add(kind);
      return { ...form, fields: { ...form.fields, ...answer } };
    }
    return undefined;
  };
}

interface Person {
  username: string;
  password: string;
  userCode: string;
}

/** Both servers' forms by their fields: Keycloak calls the device's code `device_user_code`, the embedded one not. */
function answerTo({ fields, buttons }: HtmlForm, { username, password, userCode }: Person) {
  const agreement = buttons.find((name) => /^(accept|confirm)$/.test(name));
  const code = Object.keys(fields).find((name) => /^(device_)?user_code$/.test(name));
  if ('password' in fields) return { username, password };
  if (agreement) return { [agreement]: 'yes' };
  return code && userCode ? { [code]: userCode } : undefined;
}
