import { contextSigner } from '@kontor/kit/caller-context';
import type { Person } from '@kontor/kit/person';
import type { TestTls } from '@kontor/testing/test-tls';

/** A context is good for a minute, and some suites take longer. */
const RENEW_AFTER_MS = 20_000;

type Method = (request: unknown, options: object) => Promise<unknown>;

/** The gateway's client of a contract, as if every call were made for this person; a stream comes once it is signed. */
export function forPerson<C extends object>(client: C, tls: TestTls, person: Person): C {
  const sign = contextSigner(tls.of('gateway'));
  let signed: { context: Promise<string>; atMs: number } | undefined;
  const context = (): Promise<string> => {
    const now = new Date();
    if (!signed || now.getTime() - signed.atMs > RENEW_AFTER_MS) {
      signed = { context: sign(person, now), atMs: now.getTime() };
    }
    return signed.context;
  };
  return new Proxy(client, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function' || name === 'close') return method;
      return async (request: unknown, options?: object) =>
        (method as Method)(request, { ...options, context: await context() });
    },
  });
}
