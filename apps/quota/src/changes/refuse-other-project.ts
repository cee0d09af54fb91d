import type { Matter } from '@kontor/contracts/quota/v1/change';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';

/**
 * Of an award or a grant, requests name the project beside the matter: the gateway looks there to find out whether the
 * caller belongs to it.
 *
 * @throws Problem `project_does_not_fit` where they name none, or another one
 */
export function refuseOtherProject({ matter }: Matter, project: ProjectRef | undefined): void {
  const wanted = matter.case === 'award' || matter.case === 'grant' ? matter.value.project : undefined;
  if (wanted?.tenantId === project?.tenantId && wanted?.projectId === project?.projectId) return;
  throw Problem.invalid(
    'project_does_not_fit',
    'An award or a grant is decided with its project named; other changes have none.',
    'Name the project that is to have it.',
  );
}
