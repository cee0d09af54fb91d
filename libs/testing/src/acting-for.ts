import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { contextSigner } from '@kontor/kit/caller-context';
import type { CallOptions } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import type { Person } from '@kontor/kit/person';
import { ensureCertificate } from '@kontor/tls/certificate';
import type { TestTls } from './test-tls.ts';

type Method = (request: unknown, options?: CallOptions) => unknown;

/** A person who has signed in, was here before everything else, and may do whatever else is said. */
export function personWith(roles: Role[] = [], rest: Partial<Person> = {}): Person {
  const id = uuid7();
  return { id, reference: `person:${id}`, knownSince: new Date(0), ...rest, roles: [Role.SIGNED_IN, ...roles] };
}

/** The gateway's client, as if every call were made for this person. */
export async function actingFor<C extends object>(client: C, tls: TestTls, person: Person): Promise<C> {
  await ensureCertificate(tls.directory, 'gateway');
  const context = await contextSigner(tls.of('gateway'))(person, new Date());
  return callingBy(client, (method, request, options) => method(request, { ...options, context }));
}

/** The same client, whose every call is made by `call`. */
export function callingBy<C extends object>(
  client: C,
  call: (method: Method, request: unknown, options?: CallOptions) => unknown,
): C {
  return new Proxy(client, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function' || name === 'close') return method;
      return (request: unknown, options?: CallOptions) => call(method as Method, request, options);
    },
  });
}
