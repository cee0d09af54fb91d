/** A part of a node: what a job takes of it, or all that it has. */
export interface NodeShare {
  devices: number;
  cores: number;
  memoryBytes: bigint;
}

/**
 * Thousandths of a device that a job is billed as on a node: the largest of its shares of the node's devices, cores and
 * memory, times the node's devices, rounded up. Half of the memory costs as much as half of the devices, because
 * nobody else can use them.
 *
 * @throws RangeError where the job takes what the node does not have, or the node has no devices
 */
export function billedMillidevices(job: NodeShare, node: NodeShare): bigint {
  if (node.devices <= 0) throw new RangeError('A node without devices has nothing to bill by.');
  const ofNode = (taken: bigint, all: bigint): bigint => {
    if (taken < 0n || taken > all) throw new RangeError(`A job cannot take ${taken} of ${all}.`);
    return taken === 0n ? 0n : dividedUp(1000n * BigInt(node.devices) * taken, all);
  };
  return [
    ofNode(BigInt(job.devices), BigInt(node.devices)),
    ofNode(BigInt(job.cores), BigInt(node.cores)),
    ofNode(job.memoryBytes, node.memoryBytes),
  ].reduce((largest, share) => (share > largest ? share : largest));
}

/** Device-milliseconds billed for an elapsed time, rounded down; of cumulative totals, as cost is. */
export function billedDeviceMs(elapsedMs: bigint, millidevices: bigint): bigint {
  return (elapsedMs * millidevices) / 1000n;
}

const dividedUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
