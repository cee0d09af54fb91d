import { uuid5 } from '@kontor/kit/id';

/**
 * A tenant's id follows from its parent and slug, so that creating it twice creates it once. The operator's own tenant
 * is at the top, under the operator's name, and every part of the system can tell its id from that name.
 */
export const tenantIdOf = (operator: string, parentId: string, slug: string): string =>
  parentId === '' && slug === operator ? uuid5('tenant', operator) : uuid5('tenant', parentId || 'top', slug);

/** Unique everywhere, so that a project can be found without its tenant. */
export const projectIdOf = (tenantId: string, slug: string): string => uuid5('project', tenantId, slug);
