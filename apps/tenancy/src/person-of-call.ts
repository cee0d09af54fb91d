import type { Call } from '@kontor/kit/grpc';
import type { Person } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';

/** For whom a call is made, on methods that only people call. */
export function personOf({ person }: Call): Person {
  if (!person) throw Problem.unauthenticated('no_context', 'The call does not say for whom it is made.');
  return person;
}
