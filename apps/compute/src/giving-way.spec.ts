import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aNode, GIB } from '../testing/builders.ts';
import { whoGivesWay, without, type LowHeld } from './giving-way.ts';
import { bestFit, take, type PoolRoom } from './placement.ts';

type Low = LowHeld & { id: string };

describe('who gives way to a job that waits', () => {
  it('is nobody where there is room', () => {
    const { pools, low } = scene({ n1: [['a', 3, 1]] });
    expect(names(1, pools, low)).toEqual([]);
  });

  it('is nobody where there would be none without all of them', () => {
    const { pools, low } = scene({ n1: [['a', 2, 1]], n2: [['b', 2, 1]] });
    expect(names(5, pools, low)).toEqual([]);
    expect(names(4, take(pools, place('n1', [2, 3]), demand(2)), low)).toEqual(['b']);
  });

  it.each<[string, Record<string, [id: string, devices: number, startedAt: number][]>, number, string[]]>([
    [
      'the one that started last, of those that would do',
      {
        n1: [
          ['a', 2, 1],
          ['b', 2, 2],
        ],
      },
      2,
      ['b'],
    ],
    [
      'one large one, rather than several young ones',
      {
        n1: [
          ['a', 2, 1],
          ['b', 1, 2],
          ['c', 1, 3],
        ],
      },
      2,
      ['a'],
    ],
    [
      'two of a size, rather than one more',
      {
        n1: [
          ['a', 2, 1],
          ['b', 1, 2],
          ['c', 1, 3],
        ],
      },
      3,
      ['a', 'c'],
    ],
    [
      'only those that are needed',
      {
        n1: [
          ['a', 1, 1],
          ['b', 1, 2],
          ['c', 1, 3],
          ['d', 1, 4],
        ],
      },
      2,
      ['c', 'd'],
    ],
    [
      'those on one node, not one here and one there',
      {
        n1: [
          ['a', 1, 9],
          ['b', 3, 1],
        ],
        n2: [['c', 4, 2]],
      },
      2,
      ['c'],
    ],
    [
      'those on the node where fewer have to leave',
      {
        n1: [
          ['a', 2, 8],
          ['b', 2, 9],
        ],
        n2: [['c', 4, 1]],
      },
      4,
      ['c'],
    ],
  ])('is %s', (_, jobs, devices, expected) => {
    const { pools, low } = scene(jobs);
    expect(names(devices, pools, low)).toEqual(expected);
  });

  it('is who has the memory, where it is memory that lacks', () => {
    const pools: PoolRoom[] = [{ id: 'p', clusterId: 'c', nodes: [aNode()] }];
    const heavy = { id: 'heavy', place: place('n1', [0]), demand: demand(1, 7n), startedAt: new Date(1) };
    const light = { id: 'light', place: place('n1', [1]), demand: demand(1), startedAt: new Date(2) };
    const full = [heavy, light].reduce((room, { place, demand }) => take(room, place, demand), pools);
    expect(whoGivesWay(demand(1, 4n), full, [light, heavy])).toEqual([heavy]);
  });

  it('is enough of them, none too many, and all of one node', () => {
    const jobs = fc.array(fc.record({ devices: fc.integer({ min: 1, max: 4 }), node: fc.nat(2), age: fc.nat(9) }));
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 4 }), (wishes, devices) => {
        let pools: PoolRoom[] = [{ id: 'p', clusterId: 'c', nodes: [0, 1, 2].map((n) => aNode({ name: `n${n}` })) }];
        const low: Low[] = [];
        for (const { devices: size, node, age } of wishes) {
          const here = pools.map((pool) => ({ ...pool, nodes: pool.nodes.filter(({ name }) => name === `n${node}`) }));
          const found = bestFit(demand(size), here);
          if (!found) continue;
          pools = take(pools, found, demand(size));
          low.push({ id: `${low.length}`, place: found, demand: demand(size), startedAt: new Date(age) });
        }
        const those = whoGivesWay(demand(devices), pools, low);
        const fits = (held: Low[]): boolean => bestFit(demand(devices), without(pools, held)) !== undefined;
        expect(fits(those)).toBe(fits(low));
        expect(new Set(those.map(({ place }) => place.node)).size).toBeLessThanOrEqual(1);
        for (const each of those) expect(fits(those.filter((other) => other !== each))).toBe(false);
        if (those.length > 1) for (const each of low) expect(fits([each])).toBe(false);
      }),
    );
  });
});

const demand = (devices: number, gib = 0n) => ({ devices, cores: devices, memoryBytes: gib * GIB });
const place = (node: string, devices: number[]) => ({ poolId: 'p', node, devices });

const names = (devices: number, pools: readonly PoolRoom[], low: Low[]): string[] =>
  whoGivesWay(demand(devices), pools, low)
    .map(({ id }) => id)
    .sort();

/** Nodes of four devices with jobs at low priority on them, each of so many devices, started so late. */
function scene(jobs: Record<string, [id: string, devices: number, startedAt: number][]>) {
  let pools: PoolRoom[] = [{ id: 'p', clusterId: 'c', nodes: Object.keys(jobs).map((name) => aNode({ name })) }];
  const low: Low[] = [];
  for (const [node, those] of Object.entries(jobs)) {
    for (const [id, devices, startedAt] of those) {
      const free = pools[0]?.nodes.find(({ name }) => name === node)?.freeDevices ?? [];
      const at = place(node, free.slice(0, devices));
      pools = take(pools, at, demand(devices));
      low.push({ id, place: at, demand: demand(devices), startedAt: new Date(startedAt) });
    }
  }
  return { pools, low };
}
