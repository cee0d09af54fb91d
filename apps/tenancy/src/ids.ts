import { uuid5 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';
import { QueryFailedError } from 'typeorm';

/**
 * A tenant's id follows from its parent and slug, so that creating it twice creates it once. The operator's own tenant
 * is at the top, under the operator's name, and every part of the system can tell its id from that name.
 */
export const tenantIdOf = (operator: string, parentId: string, slug: string): string =>
  parentId === '' && slug === operator ? uuid5('tenant', operator) : uuid5('tenant', parentId || 'top', slug);

/** Unique everywhere, so that a project can be found without its tenant. */
export const projectIdOf = (tenantId: string, slug: string): string => uuid5('project', tenantId, slug);

/**
 * Refuses an id that its caller chose and that is taken: by what they may see, or by what is another tenant's. Which of
 * the two is not said.
 */
export const idTaken = (what: 'project_token' | 'invitation'): Problem => {
  const name = what.replace('_', ' ');
  const detail = `The id is taken by another ${name}, or by this one as it no longer is.`;
  return Problem.conflict(`${what}_exists`, detail, 'Choose another id.');
};

/** For the insertion of a row under an id that its caller chose. */
export const whereIdIsFree = (what: 'project_token' | 'invitation') => (error: Error) => {
  const isTaken = error instanceof QueryFailedError && 'constraint' in error && error.constraint === `${what}_pkey`;
  throw isTaken ? idTaken(what) : error;
};
