import { deviceSignIn } from './sign-in.ts';

const CLIENT = 'kontor-cli';
/** Of the five minutes that a token lives at most, so that a request that carries it surely arrives in time. */
const USE_MS = 120_000;

/** How a program on a person's machine gets access tokens: signed in by the device flow, and again before one ends. */
export function accessTokens(issuer: string, username: string, password: string): () => Promise<string> {
  let current: { token: string; untilMs: number } | undefined;
  let signingIn: Promise<string> | undefined;
  const signIn = async (): Promise<string> => {
    const untilMs = performance.now() + USE_MS;
    const { access } = await deviceSignIn(issuer, CLIENT, username, password);
    current = { token: access, untilMs };
    return access;
  };
  return () => {
    if (current && current.untilMs > performance.now()) return Promise.resolve(current.token);
    return (signingIn ??= signIn().finally(() => (signingIn = undefined)));
  };
}
