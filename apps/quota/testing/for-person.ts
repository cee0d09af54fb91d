import { contextSigner } from '@kontor/kit/caller-context';
import type { Person } from '@kontor/kit/person';
import { callingBy } from '@kontor/testing/acting-for';
import type { TestTls } from '@kontor/testing/test-tls';

/** A context is good for a minute, and some suites take longer. */
const RENEW_AFTER_MS = 20_000;

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
  return callingBy(client, async (method, request, options) =>
    method(request, { ...options, context: await context() }),
  );
}
