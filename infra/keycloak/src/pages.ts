import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 10vh auto; padding: 0 1rem; }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input { margin: .25rem 0 1rem; padding: .5rem; }
button { margin-top: .75rem; padding: .6rem; border: 1px solid; border-radius: .25rem; }
button { background: none; color: inherit; }
button:first-of-type { background: #1565c0; border-color: #1565c0; color: #fff; font-weight: 600; }
code { font-size: 1.75rem; letter-spacing: .1em; }
[role=alert] { border-left: .25rem solid #c62828; padding-left: .75rem; }
:focus-visible { outline: .2rem solid #1565c0; outline-offset: .1rem; }
`;

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/**
 * What pages may load and where their forms may lead: nothing but the one style, no scripts and no frames. A form leads
 * here or, by the redirect after it, back to the gateway.
 */
export const contentSecurityPolicy = (publicUrls: string[]) =>
  [
    `default-src 'none'`,
    // The library adds the hash of the one line by which it forwards a form, on the few pages that are its own.
    `script-src 'none'`,
    `style-src 'sha256-${styleHash}'`,
    `form-action ${["'self'", ...new Set(publicUrls.map((url) => new URL(url).origin))].join(' ')}`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; ');

/** Text that is safe inside an element and inside a quoted attribute. */
export const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** A whole page; `body` is HTML, and `realm` and `title` are text. */
export const page = (realm: string, title: string, body: string) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · ${escape(realm)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;

/** What went wrong, as an HTML paragraph that is read out at once; nothing where nothing did. */
const alert = (text: string | undefined) => (text ? `<p role="alert" id="fault">${escape(text)}</p>` : '');

/** Asks for name and password; `fault` says why again. */
export const loginPage = (
  realm: string,
  client: string,
  { username = '', fault }: { username?: string; fault?: string },
) =>
  page(
    realm,
    'Sign in',
    `<p>${escape(client)} wants to know who you are.</p>
${alert(fault)}
<form method="post">
<label for="username">Name or e-mail address</label>
<input id="username" name="username" value="${escape(username)}" autocomplete="username" required
 ${username ? '' : 'autofocus'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
 ${username ? 'autofocus' : ''} ${fault ? 'aria-invalid="true" aria-describedby="fault"' : ''}>
<button type="submit">Sign in</button>
<button type="submit" name="cancel" value="yes" formnovalidate>Cancel</button>
</form>`,
  );

/** Asks whether a client may go on, for clients that want to be sure. */
export const consentPage = (realm: string, client: string) =>
  page(
    realm,
    'Allow access',
    `<p>${escape(client)} wants to act for you in Kontor, and to see your name and e-mail address.</p>
<form method="post">
<button type="submit" name="accept" value="yes" autofocus>Allow</button>
<button type="submit" name="cancel" value="yes">Cancel</button>
</form>`,
  );

/** Asks for the code that a program shows; `action` and `xsrf` are the library's. */
export const deviceCodePage = (realm: string, action: string, xsrf: string, fault?: string) =>
  page(
    realm,
    'Connect a program',
    `<p>Enter the code that the program shows.</p>
${alert(fault)}
<form method="post" action="${escape(action)}">
<input type="hidden" name="xsrf" value="${escape(xsrf)}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" required autofocus
 ${fault ? 'aria-invalid="true" aria-describedby="fault"' : ''}>
<button type="submit">Continue</button>
</form>`,
  );

/** Asks whether the code shown is the program's own, which is the person's consent. */
export const deviceConfirmPage = (realm: string, client: string, userCode: string, action: string, xsrf: string) =>
  page(
    realm,
    'Connect a program',
    `<p>${escape(client)} wants to act for you in Kontor. It should show this code:</p>
<p><code>${escape(userCode)}</code></p>
<p>If you did not start it yourself, or the codes differ, cancel.</p>
<form method="post" action="${escape(action)}">
<input type="hidden" name="xsrf" value="${escape(xsrf)}">
<input type="hidden" name="user_code" value="${escape(userCode)}">
<button type="submit" name="confirm" value="yes">Allow</button>
<button type="submit" name="abort" value="yes">Cancel</button>
</form>`,
  );

/** Asks whether to sign out, where the request alone does not prove that the person wants it. */
export const signOutPage = (realm: string, action: string, xsrf: string) =>
  page(
    realm,
    'Sign out',
    `<p>Do you want to sign out?</p>
<form method="post" action="${escape(action)}">
<input type="hidden" name="xsrf" value="${escape(xsrf)}">
<button type="submit" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit">Stay signed in</button>
</form>`,
  );

/** Says one thing and asks nothing. */
export const messagePage = (realm: string, title: string, text: string) => page(realm, title, `<p>${escape(text)}</p>`);
