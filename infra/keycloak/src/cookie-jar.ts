import { parseSetCookie, stringifyCookie, type SetCookie } from 'cookie';

interface Kept {
  host: string;
  path: string;
  name: string;
  value: string;
}

/**
 * The cookies of one person's browser, for tests and programs without one. Like a browser it keeps hosts and paths
 * apart but not ports, and counts this machine as safe for cookies that are `Secure`.
 */
export class CookieJar {
  #cookies: Kept[] = [];

  /** Keeps what a response sets and drops what it deletes. */
  keep(url: string, response: Response): void {
    for (const line of response.headers.getSetCookie()) this.#set(new URL(url), parseSetCookie(line));
  }

  /** The value of the header `cookie` for a request to this URL; empty where there is none. */
  header(url: string): string {
    const { hostname, pathname } = new URL(url);
    const sent = this.#cookies.filter(({ host, path }) => host === hostname && isUnder(pathname, path));
    return stringifyCookie(Object.fromEntries(sent.map(({ name, value }) => [name, value])), {
      encode: (text) => text,
    });
  }

  /** The value of a cookie, by its name. */
  get(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.value;
  }

  #set({ hostname: host, pathname }: URL, { name, value = '', path: wanted, maxAge, expires }: SetCookie): void {
    const path = wanted?.startsWith('/') ? wanted : pathname.replace(/\/[^/]*$/, '') || '/';
    this.#cookies = this.#cookies.filter((kept) => kept.name !== name || kept.host !== host || kept.path !== path);
    const isOver = maxAge === undefined ? expires !== undefined && expires.getTime() <= Date.now() : maxAge <= 0;
    if (!isOver) this.#cookies.push({ host, path, name, value });
  }
}

const isUnder = (path: string, folder: string) =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
