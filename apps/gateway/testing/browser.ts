import { CookieJar } from '@kontor/keycloak/cookie-jar';

export interface BrowserReply {
  status: number;
  headers: Headers;
  json: unknown;
}

/** A browser as far as a gateway can see one: it keeps cookies, follows no redirect by itself, and names its origin. */
export function browser(url: string, jar = new CookieJar()) {
  const ask = async (method: string, path: string, headers: Record<string, string> = {}): Promise<BrowserReply> => {
    const at = new URL(path, url).href;
    const response = await fetch(at, { method, redirect: 'manual', headers: { cookie: jar.header(at), ...headers } });
    jar.keep(at, response);
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    jar,
    ask,
    get: (path: string, headers?: Record<string, string>) => ask('GET', path, headers),
    /** As a page of the gateway's own does it. */
    post: async (path: string, headers: Record<string, string> = {}) => {
      const { csrf } = (await ask('GET', '/auth/session')).json as { csrf?: string };
      return ask('POST', path, { origin: new URL(url).origin, 'kontor-csrf': csrf ?? '', ...headers });
    },
  };
}
