import { describe, expect, it } from '@jest/globals';
import { CookieJar } from './cookie-jar.ts';
import { formsIn, textOf } from './html-form.ts';

describe('a cookie jar', () => {
  it('sends cookies to the host and below the path that they are for, whatever the port', () => {
    const jar = jarWith('http://localhost:7800/auth/sign-in', 'a=1; Path=/', 'b=2', 'c=3; Path=/auth/callback');
    expect(jar.header('http://localhost:7800/')).toBe('a=1');
    expect(jar.header('http://localhost:9999/auth/other')).toBe('a=1; b=2');
    expect(jar.header('http://localhost:7800/auth/callback?x')).toBe('a=1; b=2; c=3');
    expect(jar.header('http://localhost:7800/authentic')).toBe('a=1');
    expect(jar.header('http://127.0.0.1:7800/')).toBe('');
  });

  it('keeps the newest value, and none that was deleted', () => {
    const jar = jarWith('http://localhost/', 'a=1; Path=/', 'a=2; Path=/', 'b=1; Path=/', 'c=1; Path=/');
    jar.keep('http://localhost/', answer('b=; Path=/; Max-Age=0', 'c=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'));
    expect(jar.header('http://localhost/')).toBe('a=2');
    expect([jar.get('a'), jar.get('b')]).toEqual(['2', undefined]);
  });

  const answer = (...cookies: string[]) => new Response('', { headers: cookies.map((line) => ['set-cookie', line]) });

  function jarWith(url: string, ...cookies: string[]) {
    const jar = new CookieJar();
    jar.keep(url, answer(...cookies));
    return jar;
  }
});

describe('the forms of a page', () => {
  const page = `<head><title>Sign in</title></head><form id="a" action="/next?x=1&amp;y=2" method="post">
    <input type="hidden" name="token" value="&quot;&#x26;&#39;"> <input name="empty"> <input type="checkbox">
    <button name="accept" value="yes">Yes</button><input type="submit" name="cancel" value="No">
    </form> and <FORM></FORM>`;

  it('have fields, buttons apart, and lead to a whole URL', () => {
    expect(formsIn(page, 'http://localhost/here')).toEqual([
      { action: 'http://localhost/next?x=1&y=2', fields: { token: `"&'`, empty: '' }, buttons: ['accept', 'cancel'] },
      { action: 'http://localhost/here', fields: {}, buttons: [] },
    ]);
  });

  it('leave the words of the page', () => {
    expect(textOf(page)).toBe('Yes and');
  });
});
