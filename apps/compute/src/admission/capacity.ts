import { Capacity_Isolation as Isolation } from '@kontor/contracts/engine/v1/engine';
import type { AdmissionRequest, PoolOffer, Rule, Snapshot, Terms } from './rule.ts';

/** Whether somebody offers the class, may take this tenant's work, and answers. */
export const capacity: Rule = {
  name: 'capacity',
  judge({ tenantId, workload }: AdmissionRequest, { pools, offeredClasses, terms }: Snapshot) {
    if (pools.length === 0) {
      return {
        refuse: {
          detail: `No cluster has devices of the class ${workload.acceleratorClass}.`,
          help: `Ask for one of those offered here: ${offeredClasses.join(', ') || 'none yet'}.`,
        },
      };
    }
    const hosts = pools.filter((pool) => mayHost(pool, tenantId, terms));
    if (hosts.length === 0) {
      return {
        refuse: {
          detail: 'The machines of this class do not keep jobs of different tenants apart.',
          help: "Only the operator's own tenant may run here, unless the operator sets KONTOR_ADMIT_UNISOLATED=true.",
        },
      };
    }
    return { found: { pools: hosts } };
  },
};

/** Whether a pool keeps jobs apart well enough for those of this tenant. */
export const mayHost = ({ isolation }: PoolOffer, tenantId: string, terms: Terms): boolean =>
  isolation > Isolation.NONE || terms.admitsUnisolated || tenantId === terms.operatorTenantId;
