import type { Node } from '@kontor/contracts/engine/v1/engine';
import { uuid5 } from '@kontor/kit/id';
import type { EntityManager } from 'typeorm';

/**
 * Makes pools, nodes and slots what an engine reports, and answers how many rows changed. Ids follow from names, so that
 * a node that comes back is the node it was. What is no longer reported is marked and never deleted: jobs may hold it.
 */
export async function syncNodes(tx: EntityManager, clusterId: string, reported: Node[], at: Date): Promise<number> {
  const nodes = reported.filter(({ devices, cores, memoryBytes }) => devices > 0 && cores > 0 && memoryBytes > 0n)
    .map((node) => ({ ...node, poolId: poolIdOf(clusterId, node), id: uuid5('node', poolIdOf(clusterId, node), node.name) }));
  const slots = nodes.flatMap(({ id: nodeId, devices }) =>
    Array.from({ length: devices }, (_, device) => ({ id: uuid5('slot', nodeId, device), nodeId, device })));

  // Placement holds these locks too: it never chooses what is being taken away.
  await tx.query('SELECT id FROM pool WHERE cluster_id = $1 ORDER BY id FOR UPDATE', [clusterId]);
  const changes = [
    await tx.query<unknown[]>(`
      INSERT INTO pool (id, cluster_id, accelerator_class) SELECT DISTINCT id, $1::uuid, class FROM unnest($2::uuid[], $3::text[]) AS new (id, class)
      ON CONFLICT (id) DO NOTHING RETURNING id`, [clusterId, nodes.map(({ poolId }) => poolId), nodes.map(({ acceleratorClass }) => acceleratorClass)]),
    await tx.query<unknown[]>(`
      INSERT INTO node (id, pool_id, name, devices, cores, memory_bytes)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::bigint[])
      ON CONFLICT (id) DO UPDATE SET devices = excluded.devices, cores = excluded.cores, memory_bytes = excluded.memory_bytes, gone_at = NULL
      WHERE (node.devices, node.cores, node.memory_bytes, node.gone_at)
        IS DISTINCT FROM (excluded.devices, excluded.cores, excluded.memory_bytes, NULL) RETURNING id`,
    [nodes.map(({ id }) => id), nodes.map(({ poolId }) => poolId), nodes.map(({ name }) => name),
      nodes.map(({ devices }) => devices), nodes.map(({ cores }) => cores), nodes.map(({ memoryBytes }) => memoryBytes.toString())]),
    await tx.query<unknown[]>(`
      INSERT INTO slot (id, node_id, device) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
      ON CONFLICT (id) DO UPDATE SET gone_at = NULL WHERE slot.gone_at IS NOT NULL RETURNING id`,
    [slots.map(({ id }) => id), slots.map(({ nodeId }) => nodeId), slots.map(({ device }) => device)]),
    await tx.query<unknown[]>(`
      WITH gone AS (UPDATE node SET gone_at = $2 FROM pool p WHERE p.id = node.pool_id AND p.cluster_id = $1
        AND node.gone_at IS NULL AND node.id <> ALL($3::uuid[]) RETURNING node.id) SELECT id FROM gone`, [clusterId, at, nodes.map(({ id }) => id)]),
    await tx.query<unknown[]>(`
      WITH gone AS (UPDATE slot SET gone_at = $2 FROM node n JOIN pool p ON p.id = n.pool_id WHERE n.id = slot.node_id AND p.cluster_id = $1
        AND slot.gone_at IS NULL AND slot.id <> ALL($3::uuid[]) RETURNING slot.id) SELECT id FROM gone`, [clusterId, at, slots.map(({ id }) => id)]),
  ];
  return changes.reduce((sum, rows) => sum + rows.length, 0);
}

const poolIdOf = (clusterId: string, { acceleratorClass }: Node): string => uuid5('pool', clusterId, acceleratorClass);
