import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aNode, aPool, aWorkload, GIB, H100 } from '../testing/builders.ts';
import { bestFit, demandOf, fitsWhole, giveBack, take, type Demand, type PoolRoom } from './placement.ts';

const one: Demand = { devices: 1, cores: 1, memoryBytes: GIB };

describe('what a job takes of a node', () => {
  it('is its devices as cores where the class is cpu.*', () => {
    expect(demandOf(aWorkload({ devices: 3, cores: 0 }))).toMatchObject({ devices: 3, cores: 3 });
  });

  it('is devices and cores beside them for any other class', () => {
    expect(demandOf(aWorkload({ acceleratorClass: H100, devices: 2, cores: 16 }))).toMatchObject({
      devices: 2,
      cores: 16,
    });
  });
});

describe('the best fit', () => {
  it('is the node that is left with the least, so that large rooms stay whole', () => {
    const pools = [
      aPool({ nodes: [aNode({ name: 'empty' }), aNode({ name: 'half', freeDevices: [2, 3], freeCores: 2 })] }),
    ];
    expect(bestFit(one, pools)).toEqual({ poolId: 'pool-1', node: 'half', devices: [2] });
  });

  it.each([
    ['cores', aNode({ name: 'b', freeCores: 2 })],
    ['memory', aNode({ name: 'b', freeMemoryBytes: 2n * GIB })],
  ])('among equal devices is the node with the fewest %s', (_, tighter) => {
    expect(bestFit(one, [aPool({ nodes: [aNode({ name: 'a' }), tighter] })])?.node).toBe('b');
  });

  it('among equal nodes is the first by name, whatever their order', () => {
    const nodes = [aNode({ name: 'c' }), aNode({ name: 'a' }), aNode({ name: 'b' })];
    expect(bestFit(one, [aPool({ nodes })])?.node).toBe('a');
  });

  it.each([
    ['devices', { ...one, devices: 5 }],
    ['cores', { ...one, cores: 5 }],
    ['memory', { ...one, memoryBytes: 9n * GIB }],
  ])('is nowhere without enough %s', (_, demand) => {
    expect(bestFit(demand, [aPool()])).toBeUndefined();
    expect(fitsWhole(demand, aNode())).toBe(false);
  });

  it('never spreads over nodes', () => {
    const nodes = [aNode({ name: 'a', freeDevices: [0, 1] }), aNode({ name: 'b', freeDevices: [2, 3] })];
    expect(bestFit({ ...one, devices: 3 }, [aPool({ nodes })])).toBeUndefined();
  });

  it('takes what is free, and gives it back as it was', () => {
    const pools = [aPool({ nodes: [aNode(), aNode({ name: 'n2' })] }), aPool({ id: 'pool-2' })];
    const demand = { devices: 2, cores: 2, memoryBytes: 3n * GIB };
    const place = { poolId: 'pool-1', node: 'n1', devices: [0, 2] };
    const taken = take(pools, place, demand);

    expect(taken[0]?.nodes[0]).toMatchObject({ freeDevices: [1, 3], freeCores: 2, freeMemoryBytes: 5n * GIB });
    expect(taken[1]).toBe(pools[1]);
    expect(giveBack(taken, place, demand)).toEqual(pools);
  });

  it('never gives away more than there is, whoever asks in which order', () => {
    const demand = fc.record({
      devices: fc.integer({ min: 1, max: 4 }),
      cores: fc.integer({ min: 0, max: 4 }),
      memoryBytes: fc.bigInt(1n, 8n * GIB),
    });
    fc.assert(
      fc.property(fc.array(demand, { maxLength: 20 }), (demands) => {
        let pools: PoolRoom[] = [aPool({ nodes: [aNode(), aNode({ name: 'n2' })] })];
        for (const wanted of demands) {
          const place = bestFit(wanted, pools);
          if (place) pools = take(pools, place, wanted);
        }
        for (const node of pools.flatMap(({ nodes }) => nodes)) {
          expect(node.freeCores).toBeGreaterThanOrEqual(0);
          expect(node.freeMemoryBytes).toBeGreaterThanOrEqual(0n);
          expect(new Set(node.freeDevices).size).toBe(node.freeDevices.length);
        }
      }),
    );
  });
});
