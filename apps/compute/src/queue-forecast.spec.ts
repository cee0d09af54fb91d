import { describe, expect, it } from '@jest/globals';
import { aNode, aPool, GIB } from '../testing/builders.ts';
import { firstFit, startsAbout, type Holding, type Waiting } from './queue-forecast.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const inSeconds = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const cores = (devices: number) => ({ devices, cores: devices, memoryBytes: GIB });
const waits = (devices: number, seconds = 60): Waiting => ({
  demand: cores(devices),
  timeLimitMs: BigInt(seconds) * 1000n,
});
const holds = (devices: number[], seconds: number): Holding => ({
  place: { poolId: 'pool-1', node: 'n1', devices },
  demand: cores(devices.length),
  endsAt: inSeconds(seconds),
});
const full = [aPool({ nodes: [aNode({ freeDevices: [], freeCores: 0, freeMemoryBytes: 6n * GIB })] })];

describe('those that wait', () => {
  it('are served in their order, and a large one holds up no small one behind it', () => {
    const after = firstFit({ pools: [aPool()], holdings: [], waiting: [waits(3), waits(2), waits(1)] }, NOW);

    expect(after.waiting).toEqual([waits(2)]);
    expect(after.holdings.map(({ demand }) => demand.devices)).toEqual([3, 1]);
    expect(after.pools[0]?.nodes[0]?.freeDevices).toEqual([]);
  });
});

describe('when a job would start', () => {
  it.each<[string, number, Holding[], Waiting[], number | undefined]>([
    ['is when the first that is large enough ends', 2, [holds([0, 1], 30), holds([2, 3], 10)], [], 10],
    ['is when enough of them have ended', 3, [holds([0, 1], 30), holds([2, 3], 10)], [], 30],
    ['is after those that waited before it', 4, [holds([0, 1, 2, 3], 30)], [waits(4, 60)], 90],
    [
      'is beside those that waited before it where there is room for both',
      2,
      [holds([0, 1, 2, 3], 30)],
      [waits(2, 60)],
      30,
    ],
    ['is now where a job is past its limit', 4, [holds([0, 1, 2, 3], -5)], [], 0],
    ['cannot be told where nothing that runs makes room', 4, [holds([0, 1], 30)], [], undefined],
  ])('%s', (_, devices, holdings, waiting, seconds) => {
    const at = startsAbout(cores(devices), { pools: full, holdings, waiting }, NOW);
    expect(at).toEqual(seconds === undefined ? undefined : inSeconds(seconds));
  });

  it('comes to an end however long the queue is', () => {
    const waiting = Array.from({ length: 3_000 }, () => waits(4));
    expect(startsAbout(cores(4), { pools: full, holdings: [holds([0, 1, 2, 3], 1)], waiting }, NOW)).toBeUndefined();
  });
});
