import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Cluster_State } from '@kontor/contracts/compute/v1/compute';
import { Capacity_Isolation, type Capacity } from '@kontor/contracts/engine/v1/engine';
import { uuid5 } from '@kontor/kit/id';
import { journal } from '@kontor/kit/journal';
import { problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { Ports } from './ports.ts';
import { syncNodes } from './sync-nodes.ts';
import { ClusterRow } from './tables.ts';

/** The one site and cluster there is so far: this machine. */
export const HOME = { siteId: uuid5('site', 'home'), clusterId: uuid5('cluster', 'home', 'local') };

/** An engine that does not answer is asked again soon. */
const LOST_RETRY_MS = 1_000;

/** Keeps what the tables say of a cluster in step with what its engine says. */
@Injectable()
export class ClusterWatch implements OnModuleInit {
  #nextAt = 0;
  #refreshing: Promise<void> | undefined;

  constructor(private readonly ports: Ports) {}

  /** The service starts whether or not the engine answers. */
  async onModuleInit(): Promise<void> {
    await this.refresh();
  }

  refreshWhenDue(): void {
    const { clock, settings } = this.ports;
    const untilNextMs = this.#nextAt - clock.now().getTime();
    // Further ahead than it was ever set: the clock was set back since.
    if (this.#refreshing || (untilNextMs > 0 && untilNextMs <= settings.capacityRefreshMs)) return;
    this.#refreshing = this.refresh()
      .catch((error: unknown) => {
        this.ports.log.error({ err: error }, 'the cluster could not be written down');
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  /** Asks the engine what it has and writes down what is new; an engine that does not answer is unreachable. */
  async refresh(): Promise<void> {
    const { engine, clock, settings } = this.ports;
    this.#nextAt = clock.now().getTime() + settings.capacityRefreshMs;
    try {
      const capacity = await engine.getCapacity({});
      await inScope(this.ports.db, 'all', (tx) => writeCapacity(tx, capacity, clock.now()));
    } catch (error) {
      await this.lose(error);
    }
  }

  /** Nothing new is placed on a cluster that does not answer. What runs there goes on. */
  async lose(error: unknown): Promise<void> {
    const { clock, log } = this.ports;
    this.#nextAt = clock.now().getTime() + LOST_RETRY_MS;
    const { detail } = problemOf(error);
    log.warn({ err: error }, 'the cluster does not answer');
    await inScope(this.ports.db, 'all', (tx) => writeUnreachable(tx, clock.now(), detail));
  }
}

async function writeCapacity(tx: EntityManager, capacity: Capacity, at: Date): Promise<void> {
  const { siteId, clusterId } = HOME;
  const { engine, isolation, isolationDetail, nodes } = capacity;
  await tx.query(`INSERT INTO site (id, name) VALUES ($1, 'home') ON CONFLICT DO NOTHING`, [siteId]);
  const changed = await tx.query<unknown[]>(
    `
    INSERT INTO cluster AS old (id, site_id, name, engine, state, isolation, isolation_detail)
    VALUES ($1, $2, 'local', $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE SET engine = excluded.engine, state = excluded.state, isolation = excluded.isolation,
      isolation_detail = excluded.isolation_detail
    WHERE (old.engine, old.state, old.isolation, old.isolation_detail)
      IS DISTINCT FROM (excluded.engine, excluded.state, excluded.isolation, excluded.isolation_detail)
    RETURNING id`,
    [clusterId, siteId, engine, Cluster_State.READY, isolation, isolationDetail],
  );
  const changes = changed.length + (await syncNodes(tx, clusterId, nodes, at));
  const versions = changes === 0 ? 0 : 1;
  await tx.query('UPDATE cluster SET observed_at = $2, resource_version = resource_version + $3 WHERE id = $1', [
    clusterId,
    at,
    versions,
  ]);
  if (versions === 0) return;
  const after = {
    state: 'READY',
    engine,
    isolation: Capacity_Isolation[isolation],
    nodes: nodes.map(({ name, acceleratorClass, devices, cores, memoryBytes }) => ({
      name,
      acceleratorClass,
      devices,
      cores,
      memoryBytes,
    })),
  };
  await journal(tx, [{ at, actor: 'compute', action: 'cluster.capacity', subject: clusterId, after }]);
}

/** It keeps what was last known of it. */
async function writeUnreachable(tx: EntityManager, at: Date, detail: string): Promise<void> {
  const state = Cluster_State.UNREACHABLE;
  const { affected } = await tx
    .createQueryBuilder()
    .update(ClusterRow)
    .set({ state, resourceVersion: () => 'resource_version + 1' })
    .where('id = :id AND state <> :state', { id: HOME.clusterId, state })
    .execute();
  if (affected !== 1) return;
  await journal(tx, [
    {
      at,
      actor: 'compute',
      action: 'cluster.unreachable',
      subject: HOME.clusterId,
      after: { state: 'UNREACHABLE', detail },
    },
  ]);
}
