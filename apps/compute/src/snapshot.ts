import { Cluster_State, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Capacity_Isolation } from '@kontor/contracts/engine/v1/engine';
import { Between, In, type EntityManager, type FindOptionsSelect } from 'typeorm';
import type { AdmissionRequest, PoolOffer, Snapshot } from './admission/rule.ts';
import type { Budget } from './budget.ts';
import { demandOf, type NodeRoom } from './placement.ts';
import type { Ports } from './ports.ts';
import type { Holding, Waiting } from './queue-forecast.ts';
import { FileRow, JobRow } from './tables.ts';

/** More than this many waiting jobs are not looked at when one more is judged. */
const AHEAD_MAX = 1_000;

/**
 * Takes the locks under which a job of this class may be placed: two schedulers that hold them in turn never give one
 * slot to two jobs.
 */
export async function lockPools(tx: EntityManager, acceleratorClass: string): Promise<void> {
  await tx.query('SELECT id FROM pool WHERE accelerator_class = $1 ORDER BY id FOR UPDATE', [acceleratorClass]);
}

/**
 * Everything that admission looks at, as it is in this transaction.
 *
 * @param waitsSince when the job joined the queue; those who joined before it are served before it
 */
export async function readSnapshot(
  tx: EntityManager, ports: Ports, request: AdmissionRequest, budget: Budget, waitsSince?: Date,
): Promise<Snapshot> {
  const { workload: { acceleratorClass, inputs }, tenantId, projectId } = request;
  const takenAt = ports.clock.now();
  const holders = await readHolders(tx, acceleratorClass);
  const digests = inputs.map(({ sha256 }) => sha256);
  const files = digests.length > 0 ? await tx.findBy(FileRow, { tenantId, projectId, sha256: In(digests) }) : [];
  const offered = await tx.query<{ name: string }[]>(OFFERED);
  return {
    takenAt,
    knownClasses: ports.acceleratorClasses.map(({ name }) => name),
    offeredClasses: offered.map(({ name }) => name),
    pools: await readPools(tx, acceleratorClass, holders, takenAt),
    holdings: holders.map((job) => holdingOf(job, takenAt)),
    ahead: await readAhead(tx, request, waitsSince ?? takenAt),
    files: files.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes })),
    rates: budget.ratesOf(acceleratorClass),
    means: budget.meansOf(acceleratorClass),
    devicesHeld: holders.filter((job) => job.tenantId === tenantId && job.projectId === projectId)
      .reduce((sum, { devices }) => sum + devices, 0),
    terms: ports.settings.terms,
  };
}

const HOLDER: FindOptionsSelect<JobRow> = {
  tenantId: true, id: true, projectId: true, poolId: true, node: true, placedDevices: true, devices: true, cores: true,
  memoryBytes: true, expectedEndAt: true,
};

const holdingOf = ({ poolId, node, placedDevices, devices, cores, memoryBytes, expectedEndAt }: JobRow, now: Date): Holding => ({
  place: { poolId: poolId ?? '', node: node ?? '', devices: placedDevices ?? [] },
  demand: { devices, cores, memoryBytes },
  endsAt: expectedEndAt ?? now,
});

interface RoomRow {
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
const ROOM = `
  SELECT p.id AS "poolId", c.id AS "clusterId", c.state, c.isolation, n.name, n.devices, n.cores, n.memory_bytes AS "memoryBytes",
         coalesce(array_agg(s.device ORDER BY s.device) FILTER (WHERE s.gone_at IS NULL AND NOT EXISTS (
           SELECT FROM occupancy o WHERE o.slot_id = s.id AND o.during && tstzrange($2::timestamptz, NULL))), '{}') AS "freeDevices"
    FROM pool p JOIN cluster c ON c.id = p.cluster_id JOIN node n ON n.pool_id = p.id JOIN slot s ON s.node_id = n.id
   WHERE p.accelerator_class = $1 AND n.gone_at IS NULL
   GROUP BY p.id, c.id, n.id ORDER BY p.id, n.name`;

/** Classes of which there is at least one node. */
const OFFERED = `SELECT DISTINCT p.accelerator_class AS name FROM pool p JOIN node n ON n.pool_id = p.id WHERE n.gone_at IS NULL ORDER BY 1`;

const readHolders = (tx: EntityManager, acceleratorClass: string): Promise<JobRow[]> =>
  tx.find(JobRow, { where: { acceleratorClass, state: Between(State.PLACED, State.STOPPING) }, select: HOLDER });

/** The room that there is now, without anything else that admission looks at. */
export const readRoom = async (tx: EntityManager, acceleratorClass: string, now: Date): Promise<PoolOffer[]> =>
  readPools(tx, acceleratorClass, await readHolders(tx, acceleratorClass), now);

async function readPools(tx: EntityManager, acceleratorClass: string, holders: JobRow[], now: Date): Promise<PoolOffer[]> {
  const rows = await tx.query<RoomRow[]>(ROOM, [acceleratorClass, now]);
  const pools = new Map<string, PoolOffer>();
  for (const { poolId, clusterId, state, isolation, ...node } of rows) {
    const pool = pools.get(poolId) ?? { id: poolId, clusterId, isReady: state === Cluster_State.READY, isolation, nodes: [] };
    pool.nodes.push(roomOf(node, holders.filter((job) => job.poolId === poolId && job.node === node.name)));
    pools.set(poolId, pool);
  }
  return [...pools.values()];
}

function roomOf({ memoryBytes: bytes, ...node }: Pick<RoomRow, 'name' | 'devices' | 'cores' | 'memoryBytes' | 'freeDevices'>, holders: JobRow[]): NodeRoom {
  const memoryBytes = BigInt(bytes);
  return {
    ...node,
    memoryBytes,
    freeCores: holders.reduce((free, { cores }) => free - cores, node.cores),
    freeMemoryBytes: holders.reduce((free, job) => free - job.memoryBytes, memoryBytes),
  };
}

async function readAhead(tx: EntityManager, { tenantId, jobId, workload }: AdmissionRequest, since: Date): Promise<Waiting[]> {
  const rows = await tx.createQueryBuilder(JobRow, 'job')
    .select(['job.tenantId', 'job.id', 'job.devices', 'job.cores', 'job.memoryBytes', 'job.timeLimitMs'])
    .where({ state: State.QUEUED, waitsFor: 'placement', acceleratorClass: workload.acceleratorClass })
    .andWhere('(job.createdAt, job.tenantId, job.id) < (:since, :tenantId, :jobId) AND job.id <> :jobId', { since, tenantId, jobId })
    .orderBy('job.createdAt').addOrderBy('job.tenantId').addOrderBy('job.id').limit(AHEAD_MAX).getMany();
  return rows.map(({ devices, cores, memoryBytes, timeLimitMs }) => ({ demand: { devices, cores, memoryBytes }, timeLimitMs }));
}

/** What a queued job asked for, to be judged again. */
export const requestOf = ({ tenantId, projectId, id, workload }: JobRow): AdmissionRequest => ({ tenantId, projectId, jobId: id, workload });

/** The columns that repeat a workload's demand, so that SQL can add them up. */
export const demandColumns = (workload: AdmissionRequest['workload']): Pick<JobRow, 'acceleratorClass' | 'devices' | 'cores' | 'memoryBytes' | 'timeLimitMs'> =>
  ({ ...demandOf(workload), acceleratorClass: workload.acceleratorClass, timeLimitMs: workload.timeLimitMs });
