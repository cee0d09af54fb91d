import { expect, it } from '@jest/globals';
import { Capacity_Isolation as Isolation } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

export function capacityCases(bench: Bench): void {
  it('says what it has, node by node, in accelerator classes', async () => {
    const { engine, nodes } = await bench.engine.getCapacity({});
    expect(engine).toMatch(/^(local|slurm|kubernetes|peer)$/);
    expect(nodes.length).toBeGreaterThan(0);
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
    for (const node of nodes) {
      expect(node.acceleratorClass).toMatch(/^(cpu|nvidia|amd|huawei)\.[a-z0-9._-]+$/);
      expect(node.devices).toBeGreaterThan(0);
      expect(node.memoryBytes).toBeGreaterThan(0n);
    }
  });

  it('says how well it keeps jobs apart, and why', async () => {
    const { isolation, isolationDetail } = await bench.engine.getCapacity({});
    expect(isolation).not.toBe(Isolation.UNSPECIFIED);
    expect(isolationDetail).toMatch(/\.$/);
  });
}
