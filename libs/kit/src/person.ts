import type { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Problem } from './problem.ts';

/** A tenant, or a project of it. */
export interface Scope {
  tenantId: string;
  projectId?: string | undefined;
}

/** For whom a call is made, and what they may do in the scope of the request that the gateway got. */
export interface Person {
  /** Of the person; of a project token, the token's. */
  id: string;
  /** How journals name them: salted, so that it can be forgotten. */
  reference: string;
  /** Every role, each with those it includes. */
  roles: Role[];
  scope?: Scope | undefined;
  /** When they were first seen; of a project token nothing. */
  knownSince?: Date | undefined;
}

/**
 * For whom a call is made, on methods that only people call.
 *
 * @throws Problem `no_context` where a service calls for itself
 */
export function personOf({ person }: { person?: Person | undefined }): Person {
  if (!person) throw Problem.unauthenticated('no_context', 'The call does not say for whom it is made.');
  return person;
}
