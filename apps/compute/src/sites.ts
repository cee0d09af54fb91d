import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ListSitesResponseSchema, Pool } from '@kontor/contracts/compute/v1/compute';
import { inScope } from '@kontor/kit/tenant-scope';
import type { Ports } from './ports.ts';
import { ClusterRow, SiteRow } from './tables.ts';

type PoolRow = Omit<Pool, '$typeName' | '$unknown' | 'memoryBytesPerNode'> & {
  clusterId: string;
  memoryBytesPerNode: string;
};

/** Nodes of a pool are equal; where they are not yet, the smallest says what every one of them has. */
const POOLS = `
  SELECT p.id, p.cluster_id AS "clusterId", p.accelerator_class AS "acceleratorClass",
         count(DISTINCT n.id)::int AS nodes, count(s.id)::int AS slots,
         min(n.cores) AS "coresPerNode", min(n.memory_bytes) AS "memoryBytesPerNode",
         (count(s.id) FILTER (WHERE NOT EXISTS (
           SELECT FROM occupancy o
            WHERE o.slot_id = s.id AND o.until > $1 AND o.during && tstzrange($1::timestamptz, NULL)
         )))::int AS "slotsFree"
    FROM pool p JOIN node n ON n.pool_id = p.id JOIN slot s ON s.node_id = n.id
   WHERE n.gone_at IS NULL AND s.gone_at IS NULL GROUP BY p.id ORDER BY p.accelerator_class`;

/** Sites, their clusters and the clusters' pools, with what is free now. */
export async function listSites({ db, clock }: Ports): Promise<MessageInitShape<typeof ListSitesResponseSchema>> {
  // Who has the slots is other tenants' matter; how many are left is everybody's.
  const { sites, clusters, pools } = await inScope(db, 'all', async (tx) => ({
    sites: await tx.find(SiteRow, { order: { name: 'ASC' } }),
    clusters: await tx.find(ClusterRow, { order: { name: 'ASC' } }),
    pools: await tx.query<PoolRow[]>(POOLS, [clock.now()]),
  }));
  const poolsOf = (clusterId: string) =>
    pools
      .filter((pool) => pool.clusterId === clusterId)
      .map((pool) => ({ ...pool, memoryBytesPerNode: BigInt(pool.memoryBytesPerNode) }));
  const clustersOf = (siteId: string) =>
    clusters
      .filter((cluster) => cluster.siteId === siteId)
      .map(({ observedAt, ...cluster }) => ({
        ...cluster,
        ...(observedAt && { observedAt: timestampFromDate(observedAt) }),
        pools: poolsOf(cluster.id),
      }));
  return { sites: sites.map((site) => ({ ...site, clusters: clustersOf(site.id) })) };
}
