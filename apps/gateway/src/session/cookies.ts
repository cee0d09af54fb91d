import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/** Browsers drop larger ones, name and attributes included, without a word. */
export const COOKIE_BYTES_MAX = 4_096;

/** The cookies of one gateway. */
export class Cookies {
  readonly #isSecure: boolean;

  constructor(publicUrl: string) {
    this.#isSecure = publicUrl.startsWith('https:');
  }

  read(request: Request, name: string): string | undefined {
    return parseCookie(request.headers.cookie ?? '')[this.#named(name)];
  }

  /** @param maxAgeS undefined for as long as the browser runs */
  write(response: Response, name: string, value: string, maxAgeS?: number): void {
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: this.#isSecure } as const;
    const age = maxAgeS === undefined ? {} : { maxAge: maxAgeS };
    const cookie = stringifySetCookie(this.#named(name), value, { ...attributes, ...age });
    if (cookie.length > COOKIE_BYTES_MAX) throw new Error(`The cookie ${name} would have ${cookie.length} bytes.`);
    response.append('Set-Cookie', cookie);
  }

  drop(response: Response, name: string): void {
    this.write(response, name, '', 0);
  }

  /** Over HTTPS browsers themselves see to it that no other host can set the cookie. */
  #named(name: string): string {
    return this.#isSecure ? `__Host-${name}` : name;
  }
}
