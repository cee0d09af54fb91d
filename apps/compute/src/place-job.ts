import type { Decision, Placement } from '@kontor/contracts/compute/v1/compute';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Workload } from '@kontor/contracts/engine/v1/engine';
import type { EntityManager } from 'typeorm';
import { coverDeviceMs, coverWanted, type CoverTerms } from './cover.ts';
import { demandOf } from './placement.ts';
import type { JobKey } from './job-id.ts';
import type { JobRow } from './tables.ts';

/** What a job's row says once it is placed: its slots, its price, and the first cover to ask for. */
export function placedColumns(
  decision: Decision,
  placement: Placement,
  workload: Workload,
  cover: CoverTerms,
  at: Date,
): Partial<JobRow> {
  const coverMs = coverWanted(0n, workload, cover);
  return {
    state: State.PLACED,
    detail: 'Its slots are taken, its budget is being set aside.',
    clusterId: placement.clusterId,
    poolId: placement.poolId,
    node: placement.node,
    placedDevices: placement.devices,
    billedMillidevices: placement.billedMillidevices,
    ucrPerDeviceHour: decision.ucrPerDeviceHour,
    coverMs,
    coverDeviceMs: coverDeviceMs(coverMs, placement.billedMillidevices),
    expectedEndAt: new Date(at.getTime() + Number(workload.timeLimitMs)),
    nextAt: at,
  };
}

/** The columns that repeat a workload's demand, so that SQL can add them up. */
export function demandColumns(
  workload: Workload,
): ReturnType<typeof demandOf> & Pick<JobRow, 'acceleratorClass' | 'timeLimitMs'> {
  const { acceleratorClass, timeLimitMs } = workload;
  return { ...demandOf(workload), acceleratorClass, timeLimitMs };
}

/**
 * Takes the slots of a placement for a job, from now until it ends. The caller holds the pool's lock; should two ever
 * meet all the same, the table's exclusion constraint refuses the second.
 */
export async function occupySlots(
  tx: EntityManager,
  { tenantId, id }: JobKey,
  { poolId, node, devices }: Placement,
  at: Date,
): Promise<void> {
  const taken = await tx.query<unknown[]>(
    `INSERT INTO occupancy (slot_id, holder_kind, holder_tenant_id, holder_id, during)
     SELECT s.id, 'job', $1, $2, tstzrange($3::timestamptz, NULL)
       FROM slot s JOIN node n ON n.id = s.node_id
      WHERE n.pool_id = $4 AND n.name = $5 AND s.device = ANY($6::int[]) RETURNING slot_id`,
    [tenantId, id, at, poolId, node, devices],
  );
  if (taken.length !== devices.length)
    throw new Error(`Of ${devices.length} devices on ${node} only ${taken.length} have a slot.`);
}
