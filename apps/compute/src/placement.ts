import type { Workload } from '@kontor/contracts/engine/v1/engine';
import { isCpu } from './accelerator-classes.ts';

/** What a job takes of a node. */
export interface Demand {
  devices: number;
  cores: number;
  memoryBytes: bigint;
}

/** One node: what it has, and what of it nobody holds. */
export interface NodeRoom extends Demand {
  name: string;
  /** Indices, ascending. */
  freeDevices: number[];
  freeCores: number;
  freeMemoryBytes: bigint;
}

export interface PoolRoom {
  id: string;
  clusterId: string;
  nodes: NodeRoom[];
}

/** Devices of one node. */
export interface Place {
  poolId: string;
  node: string;
  devices: number[];
}

/** For cpu.* classes the devices are the cores. */
export const demandOf = ({ acceleratorClass, devices, cores, memoryBytes }: Workload): Demand => ({
  devices,
  cores: isCpu(acceleratorClass) ? devices : cores,
  memoryBytes,
});

/** Whether the demand fits the node when nobody else is on it. */
export const fitsWhole = (demand: Demand, node: Demand): boolean =>
  demand.devices <= node.devices && demand.cores <= node.cores && demand.memoryBytes <= node.memoryBytes;

/**
 * Where the demand fits best now: the node that is left with the fewest free devices, then cores, then memory, so that
 * large rooms stay whole for large jobs. Equal nodes are taken by name, so that the same snapshot gives the same place.
 */
export function bestFit(demand: Demand, pools: readonly PoolRoom[]): Place | undefined {
  let best: { pool: PoolRoom; node: NodeRoom } | undefined;
  for (const pool of pools) {
    for (const node of pool.nodes) {
      if (fitsNow(demand, node) && (best === undefined || isTighter(node, best.node))) best = { pool, node };
    }
  }
  return (
    best && { poolId: best.pool.id, node: best.node.name, devices: best.node.freeDevices.slice(0, demand.devices) }
  );
}

const fitsNow = (demand: Demand, node: NodeRoom): boolean =>
  demand.devices <= node.freeDevices.length &&
  demand.cores <= node.freeCores &&
  demand.memoryBytes <= node.freeMemoryBytes;

function isTighter(a: NodeRoom, b: NodeRoom): boolean {
  if (a.freeDevices.length !== b.freeDevices.length) return a.freeDevices.length < b.freeDevices.length;
  if (a.freeCores !== b.freeCores) return a.freeCores < b.freeCores;
  if (a.freeMemoryBytes !== b.freeMemoryBytes) return a.freeMemoryBytes < b.freeMemoryBytes;
  return a.name < b.name;
}

/** The pools after the demand took its place. */
export const take = (pools: readonly PoolRoom[], place: Place, demand: Demand): PoolRoom[] =>
  changed(pools, place, (node) => ({
    ...node,
    freeDevices: node.freeDevices.filter((device) => !place.devices.includes(device)),
    freeCores: node.freeCores - demand.cores,
    freeMemoryBytes: node.freeMemoryBytes - demand.memoryBytes,
  }));

/** The pools after the demand left its place. */
export const giveBack = (pools: readonly PoolRoom[], place: Place, demand: Demand): PoolRoom[] =>
  changed(pools, place, (node) => ({
    ...node,
    freeDevices: [...new Set([...node.freeDevices, ...place.devices])].sort((a, b) => a - b),
    freeCores: node.freeCores + demand.cores,
    freeMemoryBytes: node.freeMemoryBytes + demand.memoryBytes,
  }));

const changed = (
  pools: readonly PoolRoom[],
  { poolId, node: name }: Place,
  change: (node: NodeRoom) => NodeRoom,
): PoolRoom[] =>
  pools.map((pool) =>
    pool.id === poolId
      ? { ...pool, nodes: pool.nodes.map((node) => (node.name === name ? change(node) : node)) }
      : pool,
  );
