import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';

/** The project of a request. The contract requires it; the generated type cannot say so. */
export function projectOf({ project }: { project?: ProjectRef | undefined }): ProjectRef {
  if (!project) throw new Error('A request without a project passed validation.');
  return project;
}
