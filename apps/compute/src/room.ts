import { Cluster_State, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Capacity_Isolation } from '@kontor/contracts/engine/v1/engine';
import { Between, type EntityManager } from 'typeorm';
import type { PoolOffer } from './admission/rule.ts';
import type { Held } from './giving-way.ts';
import { JobRow } from './tables.ts';

/** The pools of a class with what is free in them, and the jobs that have the rest. */
export interface Room {
  pools: PoolOffer[];
  holders: JobRow[];
}

/**
 * Takes the locks under which a job of this class may be placed: two schedulers that hold them in turn never give one
 * slot to two jobs. Jobs that have ended have no slot from now on, also where a clock that was set back since lets
 * them end later.
 */
export async function lockPools(tx: EntityManager, acceleratorClass: string, now: Date): Promise<void> {
  await tx.query('SELECT id FROM pool WHERE accelerator_class = $1 ORDER BY id FOR UPDATE', [acceleratorClass]);
  await tx.query(END_BY_NOW, [acceleratorClass, now]);
}

const END_BY_NOW = `
  UPDATE occupancy o SET during = tstzrange(lower(during), greatest(lower(during), $2::timestamptz))
    FROM slot s JOIN node n ON n.id = s.node_id JOIN pool p ON p.id = n.pool_id
   WHERE p.accelerator_class = $1 AND o.slot_id = s.id AND o.until > $2 AND o.until <> 'infinity'
     AND o.holder_kind = 'job' AND EXISTS (
       SELECT FROM job j WHERE j.tenant_id = o.holder_tenant_id AND j.id = o.holder_id AND j.ended_at IS NOT NULL)`;

/** What is free of a class from now on. Whoever acts on it has locked the pools before. */
export async function readRoom(tx: EntityManager, acceleratorClass: string, now: Date): Promise<Room> {
  const holders = await tx.find(JobRow, {
    where: { acceleratorClass, state: Between(State.PLACED, State.STOPPING) },
    select: HOLDER,
  });
  const rows = await tx.query<NodeOfPool[]>(NODES, [acceleratorClass, now]);
  const pools = new Map<string, PoolOffer>();
  for (const { poolId: id, clusterId, state, isolation, ...node } of rows) {
    const pool = pools.get(id) ?? { id, clusterId, isReady: state === Cluster_State.READY, isolation, nodes: [] };
    const onIt = holders.filter((job) => job.poolId === id && job.node === node.name);
    const memoryBytes = BigInt(node.memoryBytes);
    pool.nodes.push({
      ...node,
      memoryBytes,
      freeCores: onIt.reduce((free, { cores }) => free - cores, node.cores),
      freeMemoryBytes: onIt.reduce((free, job) => free - job.memoryBytes, memoryBytes),
    });
    pools.set(id, pool);
  }
  return { pools: [...pools.values()], holders };
}

/** What a job that was placed has of a node. */
export const roomOf = ({ poolId, node, placedDevices, devices, cores, memoryBytes }: JobRow): Held => ({
  place: { poolId: poolId ?? '', node: node ?? '', devices: placedDevices ?? [] },
  demand: { devices, cores, memoryBytes },
});

/** Without what a job may carry much of: its workload and its outputs. */
const HOLDER = {
  tenantId: true,
  id: true,
  projectId: true,
  poolId: true,
  node: true,
  placedDevices: true,
  devices: true,
  cores: true,
  memoryBytes: true,
  expectedEndAt: true,
  state: true,
  priority: true,
  isGivingWay: true,
  isCancelAsked: true,
  isSuspended: true,
  startedAt: true,
} as const;

interface NodeOfPool {
  poolId: string;
  clusterId: string;
  state: Cluster_State;
  isolation: Capacity_Isolation;
  name: string;
  devices: number;
  cores: number;
  memoryBytes: string;
  freeDevices: number[];
}

/** A slot is free when nothing occupies it from now on: neither a job, nor later a lease or a maintenance window. */
const NODES = `
  SELECT p.id AS "poolId", c.id AS "clusterId", c.state, c.isolation, n.name, n.devices, n.cores,
         n.memory_bytes AS "memoryBytes", free.devices AS "freeDevices"
    FROM pool p JOIN cluster c ON c.id = p.cluster_id JOIN node n ON n.pool_id = p.id
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(s.device ORDER BY s.device), '{}') AS devices FROM slot s
       WHERE s.node_id = n.id AND s.gone_at IS NULL AND NOT EXISTS (
         SELECT FROM occupancy o
          WHERE o.slot_id = s.id AND o.until > $2 AND o.during && tstzrange($2::timestamptz, NULL))
    ) free
   WHERE p.accelerator_class = $1 AND n.gone_at IS NULL ORDER BY p.id, n.name`;
