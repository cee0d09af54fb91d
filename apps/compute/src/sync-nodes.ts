import type { Node } from '@kontor/contracts/engine/v1/engine';
import { uuid5 } from '@kontor/kit/id';
import type { EntityManager } from 'typeorm';

/**
 * Makes pools, nodes and slots what an engine reports, and answers how many rows changed. Ids follow from names: a node
 * that comes back is the node it was. What is no longer reported is marked and never deleted, because jobs may hold it.
 */
export async function syncNodes(tx: EntityManager, clusterId: string, reported: Node[], at: Date): Promise<number> {
  const nodes = reported.filter(hasRoom).map((node) => identified(clusterId, node));
  const slots = nodes.flatMap(({ id: nodeId, devices }) =>
    Array.from({ length: devices }, (_, device) => ({ id: uuid5('slot', nodeId, device), nodeId, device })),
  );
  const ofNodes = <K extends keyof (typeof nodes)[number]>(name: K) => nodes.map((node) => node[name]);
  const ofSlots = <K extends keyof (typeof slots)[number]>(name: K) => slots.map((slot) => slot[name]);

  // Placement holds these locks too: it never chooses what is being taken away.
  await tx.query('SELECT id FROM pool WHERE cluster_id = $1 ORDER BY id FOR UPDATE', [clusterId]);
  const changes: [sql: string, values: unknown[]][] = [
    [POOLS, [clusterId, ofNodes('poolId'), ofNodes('acceleratorClass')]],
    [
      NODES,
      [...(['id', 'poolId', 'name', 'devices', 'cores'] as const).map(ofNodes), ofNodes('memoryBytes').map(String)],
    ],
    [SLOTS, (['id', 'nodeId', 'device'] as const).map(ofSlots)],
    [NODES_GONE, [clusterId, at, ofNodes('id')]],
    [SLOTS_GONE, [clusterId, at, ofSlots('id')]],
  ];
  let changed = 0;
  for (const [sql, values] of changes) changed += (await tx.query<unknown[]>(sql, values)).length;
  return changed;
}

const hasRoom = ({ devices, cores, memoryBytes }: Node): boolean => devices > 0 && cores > 0 && memoryBytes > 0n;

function identified(clusterId: string, node: Node) {
  const poolId = uuid5('pool', clusterId, node.acceleratorClass);
  return { ...node, poolId, id: uuid5('node', poolId, node.name) };
}

const POOLS = `
  INSERT INTO pool (id, cluster_id, accelerator_class)
  SELECT DISTINCT id, $1::uuid, class FROM unnest($2::uuid[], $3::text[]) AS reported (id, class)
  ON CONFLICT (id) DO NOTHING RETURNING id`;

const NODES = `
  INSERT INTO node AS old (id, pool_id, name, devices, cores, memory_bytes)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::bigint[])
  ON CONFLICT (id) DO UPDATE SET
    devices = excluded.devices, cores = excluded.cores, memory_bytes = excluded.memory_bytes, gone_at = NULL
  WHERE (old.devices, old.cores, old.memory_bytes, old.gone_at)
    IS DISTINCT FROM (excluded.devices, excluded.cores, excluded.memory_bytes, NULL)
  RETURNING id`;

const SLOTS = `
  INSERT INTO slot AS old (id, node_id, device) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
  ON CONFLICT (id) DO UPDATE SET gone_at = NULL WHERE old.gone_at IS NOT NULL RETURNING id`;

const NODES_GONE = `
  WITH gone AS (
    UPDATE node n SET gone_at = $2 FROM pool p
     WHERE p.id = n.pool_id AND p.cluster_id = $1 AND n.gone_at IS NULL AND n.id <> ALL($3::uuid[]) RETURNING n.id
  ) SELECT id FROM gone`;

const SLOTS_GONE = `
  WITH gone AS (
    UPDATE slot s SET gone_at = $2 FROM node n JOIN pool p ON p.id = n.pool_id
     WHERE n.id = s.node_id AND p.cluster_id = $1 AND s.gone_at IS NULL AND s.id <> ALL($3::uuid[]) RETURNING s.id
  ) SELECT id FROM gone`;
