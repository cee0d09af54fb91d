import { uuid5 } from '@kontor/kit/id';

/** What names a job here: ids are unique within a tenant only, so that "exists" leaks nothing to another. */
export interface JobKey {
  tenantId: string;
  id: string;
}

/** What names a job at an engine, which knows no tenants: it finds it again, and no tenant can claim another's. */
export const engineJobId = ({ tenantId, id }: JobKey): string => uuid5('job', tenantId, id);
