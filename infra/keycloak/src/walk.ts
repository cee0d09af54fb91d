import { CookieJar } from './cookie-jar.ts';
import { formsIn, textOf, type HtmlForm } from './html-form.ts';

/** The sign-in server said no; `page` is what it showed, as text. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  readonly status: number;
  readonly page: string;

  constructor(what: string, status: number, page: string) {
    super(`${what} (${status}): ${page.slice(0, 300)}`);
    this.status = status;
    this.page = page;
  }
}

/** What a person does with the forms that a walk meets: answers the filled form, or nothing where it knows none. */
export type FillIn = (forms: HtmlForm[]) => HtmlForm | undefined;

/** Where a walk ended: at the redirect that it was told to stop at, or at a page whose forms nobody fills in. */
export interface Arrived {
  url: string;
  response: Response;
  /** Where the last response sends on to, if it does. */
  location: string | undefined;
  /** What the page says, as text. */
  page: string;
}

const MOST_STEPS = 20;

/** Keycloak answers a device's code from a browser, and asks whoever else sends it for a client secret. */
const BROWSER_ACCEPTS = 'text/html,application/xhtml+xml,*/*;q=0.8';

/**
 * Follows redirects and submits forms as a person would, until a redirect leads to where `isGoal` says, or until a page
 * has no form to fill in. Throws SignInRefused on an error, or when it goes in circles.
 */
export async function walk(
  start: string,
  jar: CookieJar,
  fillIn: FillIn,
  isGoal: (url: string) => boolean,
): Promise<Arrived> {
  let next: { url: string; form?: HtmlForm } = { url: start };
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const { url } = next;
    const response = await request(url, jar, next.form);
    const location = redirectOf(url, response);
    if (location && isGoal(location)) return { url, response, location, page: '' };
    if (location) {
      next = { url: location };
      continue;
    }
    const page = await response.clone().text();
    if (response.status >= 400) throw new SignInRefused('The sign-in server refused', response.status, textOf(page));
    const form = fillIn(formsIn(page, url));
    if (!form) return { url, response, location, page: textOf(page) };
    next = { url: form.action, form };
  }
  throw new SignInRefused(`The sign-in did not end after ${MOST_STEPS} steps`, 0, next.url);
}

/** One request with the jar's cookies, which then keeps what the response sets. Redirects are not followed. */
export async function request(url: string, jar: CookieJar, form?: HtmlForm): Promise<Response> {
  const cookie = jar.header(url);
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: BROWSER_ACCEPTS, ...(cookie ? { cookie } : {}) },
    ...(form ? { method: 'POST', body: new URLSearchParams(form.fields) } : {}),
  });
  jar.keep(url, response);
  return response;
}

function redirectOf(url: string, { status, headers }: Response): string | undefined {
  const location = headers.get('location');
  return status >= 300 && status < 400 && location ? new URL(location, url).href : undefined;
}
