import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { billedDeviceMs, billedMillidevices } from './share.ts';

const GIB = 2n ** 30n;
const NODE = { devices: 8, cores: 64, memoryBytes: 512n * GIB };

describe('what a job is billed as on a node with 8 devices, 64 cores and 512 GiB', () => {
  it.each([
    { because: 'an eighth of everything is one device', devices: 1, cores: 8, memoryBytes: 64n * GIB, billed: 1_000n },
    { because: 'half of the cores keeps four devices busy', devices: 1, cores: 32, memoryBytes: GIB, billed: 4_000n },
    { because: 'all of the memory is the whole node', devices: 1, cores: 1, memoryBytes: 512n * GIB, billed: 8_000n },
    { because: 'a core alone is an eighth of a device', devices: 0, cores: 1, memoryBytes: 0n, billed: 125n },
    { because: 'a share is rounded up', devices: 0, cores: 0, memoryBytes: 1n, billed: 1n },
    { because: 'nothing is nothing', devices: 0, cores: 0, memoryBytes: 0n, billed: 0n },
  ])('$because', ({ billed, ...job }) => {
    expect(billedMillidevices(job, NODE)).toBe(billed);
  });

  it('bills a core of a node whose devices are its cores as one device', () => {
    const cores = { devices: 4, cores: 4, memoryBytes: 16n * GIB };
    expect(billedMillidevices({ devices: 1, cores: 1, memoryBytes: GIB }, cores)).toBe(1_000n);
  });

  it('refuses what the node does not have', () => {
    const greedy = { devices: 9, cores: 1, memoryBytes: 0n };
    expect(() => billedMillidevices(greedy, NODE)).toThrow('A job cannot take 9 of 8.');
    expect(() => billedMillidevices({ devices: 0, cores: -1, memoryBytes: 0n }, NODE)).toThrow(RangeError);
    expect(() => billedMillidevices(NODE, { ...NODE, devices: 0 })).toThrow('A node without devices');
  });

  it('never bills more than the node, and the parts of a split at least as much as the whole', () => {
    const part = fc.record({ devices: fc.nat(4), cores: fc.nat(32), memoryBytes: fc.bigInt(0n, 256n * GIB) });
    fc.assert(
      fc.property(part, part, (one, other) => {
        const both = {
          devices: one.devices + other.devices,
          cores: one.cores + other.cores,
          memoryBytes: one.memoryBytes + other.memoryBytes,
        };
        const whole = billedMillidevices(both, NODE);
        expect(whole).toBeLessThanOrEqual(8_000n);
        expect(billedMillidevices(one, NODE) + billedMillidevices(other, NODE)).toBeGreaterThanOrEqual(whole);
      }),
    );
  });
});

describe('billed device time', () => {
  it('is elapsed time times the share, rounded down', () => {
    expect(billedDeviceMs(10_000n, 1_500n)).toBe(15_000n);
    expect(billedDeviceMs(7n, 125n)).toBe(0n);
    expect(billedDeviceMs(8n, 125n)).toBe(1n);
  });
});
