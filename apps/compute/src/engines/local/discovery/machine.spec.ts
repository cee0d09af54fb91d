import { describe, expect, it } from '@jest/globals';
import type { Accelerator } from './accelerator.ts';
import { discover } from './discover.ts';
import { grantOf, nodesOf, type Machine } from './machine.ts';

const GIB = 1024 ** 3;

describe('a machine as nodes', () => {
  it('is one node of cores where it has no accelerator', () => {
    expect(nodesOf(machine())).toEqual([
      { name: 'host', acceleratorClass: 'cpu.x86_64', devices: 64, cores: 64, memoryBytes: BigInt(512 * GIB) },
    ]);
    expect(nodesOf({ ...machine(), architecture: 'arm64' })[0]?.acceleratorClass).toBe('cpu.aarch64');
  });

  it('keeps a part for work without accelerators and gives the rest to its accelerators', () => {
    const nodes = nodesOf({
      ...machine(),
      accelerators: [gpu(0), gpu(1), gpu(2), { ...gpu(3), acceleratorClass: 'nvidia.l40s.pcie.48g' }],
    });
    expect(nodes).toMatchObject([
      { name: 'host', acceleratorClass: 'cpu.x86_64', devices: 16, cores: 16, memoryBytes: BigInt(128 * GIB) },
      {
        name: 'host/nvidia.h100.sxm5.80g',
        devices: 3,
        cores: 36,
        memoryBytes: BigInt(288 * GIB),
        deviceDetails: ['gpu 0', 'gpu 1', 'gpu 2'],
      },
      { name: 'host/nvidia.l40s.pcie.48g', devices: 1, cores: 12, memoryBytes: BigInt(96 * GIB) },
    ]);
  });

  it('never offers more than it has', () => {
    const nodes = nodesOf({ ...machine(), cores: 3, accelerators: [gpu(0), gpu(1)] });
    expect(nodes.reduce((sum, { cores = 0 }) => sum + cores, 0)).toBeLessThanOrEqual(3);
  });
});

describe('devices given to a job', () => {
  it('are those of the numbers, within their class', () => {
    const accelerators = [{ ...gpu(0), acceleratorClass: 'nvidia.l40s.pcie.48g' }, gpu(1), gpu(2), gpu(3)];
    expect(grantOf({ ...machine(), accelerators }, 'nvidia.h100.sxm5.80g', [0, 2])).toEqual({
      deviceNodes: ['/dev/nvidia1', '/dev/nvidiactl', '/dev/nvidia3'],
      environment: { CUDA_VISIBLE_DEVICES: 'GPU-1,GPU-3' },
    });
  });

  it('are the cores themselves where the job is placed on cores', () => {
    expect(grantOf({ ...machine(), accelerators: [gpu(0)] }, 'cpu.x86_64', [0, 1])).toEqual({
      cores: [0, 1],
      deviceNodes: [],
      environment: {},
    });
  });
});

describe('this machine', () => {
  it('is found with its cores, and with its memory less what stays with the system', async () => {
    const all = await discover(0);
    expect(all.cores).toBeGreaterThan(0);
    expect((await discover(1024 ** 2)).memoryBytes).toBe(all.memoryBytes - 1024 ** 2);
  });
});

const machine = (): Machine => ({
  hostname: 'host',
  architecture: 'x64',
  cores: 64,
  memoryBytes: 512 * GIB,
  accelerators: [],
});

const gpu = (index: number): Accelerator => ({
  acceleratorClass: 'nvidia.h100.sxm5.80g',
  detail: `gpu ${index}`,
  deviceNodes: [`/dev/nvidia${index}`, '/dev/nvidiactl'],
  variable: 'CUDA_VISIBLE_DEVICES',
  visibleAs: `GPU-${index}`,
});
