import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Call } from '@kontor/kit/grpc';
import { personOf as callerOf, type Person } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import type { ProposalRow } from '../programme-tables.ts';

/**
 * The person for whom a call is made, who asks for or decides about public money in their own name.
 *
 * @throws Problem where a service calls for itself, or a program with a project token, which is nobody's name
 */
export function personOf(call: Pick<Call, 'person'>): Person {
  const person = callerOf(call);
  if (!person.reference.startsWith('person:')) throw notAPerson();
  return person;
}

const notAPerson = (): Problem =>
  Problem.forbidden(
    'not_a_person',
    'A project token stands for a program, and people alone ask for public money and decide about it.',
    'Sign in yourself.',
  );

const IN_PROJECT: readonly Role[] = [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER];

/**
 * Nobody decides about a proposal of their own or of a project they belong to.
 *
 * @throws Problem `self_approval`, `self_dealing` or `known_too_late`
 */
export function refuseOwn(
  person: Person,
  project: Pick<ProjectRef, 'tenantId' | 'projectId'>,
  { applicant, createdAt }: Pick<ProposalRow, 'applicant' | 'createdAt'>,
): void {
  const { reference, roles, scope } = person;
  if (reference === applicant) throw selfApproval('Whoever applied cannot decide.');
  const isHere = scope?.tenantId === project.tenantId && scope.projectId === project.projectId;
  if (isHere && roles.some((role) => IN_PROJECT.includes(role))) {
    throw Problem.forbidden(
      'self_dealing',
      'Whoever belongs to the project cannot decide.',
      'Leave it to a colleague who does not.',
    );
  }
  refuseNewcomer(person, createdAt);
}

/**
 * Whoever was first seen after something was asked for may be who asked for it, erased since and come again.
 *
 * @throws Problem `known_too_late`
 */
export function refuseNewcomer({ knownSince }: Person, askedAt: Date): void {
  if (knownSince && knownSince <= askedAt) return;
  throw Problem.forbidden(
    'known_too_late',
    `You were first seen here after ${askedAt.toISOString()}, when it was asked for.`,
    'Ask a colleague to decide who was known here before.',
  );
}

export const selfApproval = (detail: string): Problem =>
  Problem.forbidden('self_approval', detail, 'Ask a colleague to decide.');
