import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Call } from '@kontor/kit/grpc';
import type { Person } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';

/** The person for whom a call is made. @throws Problem where a service calls for itself */
export function personOf({ person }: Pick<Call, 'person'>): Person {
  if (!person) throw Problem.unauthenticated('no_context', 'The call does not say for whom it is made.');
  return person;
}

const IN_PROJECT: readonly Role[] = [Role.PROJECT_OWNER, Role.PROJECT_MEMBER, Role.PROJECT_VIEWER];

/**
 * Nobody decides about money for themselves or for a project they belong to.
 *
 * @throws Problem `self_approval` or `self_dealing`
 */
export function refuseOwn(
  { reference, roles, scope }: Person,
  project: Pick<ProjectRef, 'tenantId' | 'projectId'>,
  applicant: string,
): void {
  if (reference === applicant) throw selfApproval('Whoever applied cannot decide.');
  const isHere = scope?.tenantId === project.tenantId && scope.projectId === project.projectId;
  if (isHere && roles.some((role) => IN_PROJECT.includes(role))) {
    throw Problem.forbidden(
      'self_dealing',
      'Whoever belongs to the project cannot decide.',
      'Leave it to a colleague who does not.',
    );
  }
}

export const selfApproval = (detail: string): Problem =>
  Problem.forbidden('self_approval', detail, 'Ask a colleague to decide.');
