import { describe, expect, it } from '@jest/globals';
import { Cluster_State } from '@kontor/contracts/compute/v1/compute';
import { Capacity_Isolation as Isolation } from '@kontor/contracts/engine/v1/engine';
import { eventually } from '@kontor/testing/eventually';
import { CPU, GIB, H100 } from '../testing/builders.ts';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { HOME } from './clusters.ts';

const node = (name: string, acceleratorClass = CPU, devices = 4) => ({
  name,
  acceleratorClass,
  devices,
  cores: 8,
  memoryBytes: 16n * GIB,
});

describe('what is known of a cluster', () => {
  it('is what its engine says, by pools of equal nodes', async () => {
    await using compute = await ComputeUnderTest.start();
    compute.engine.nodes = [node('a', CPU, 8), node('b', H100), node('c', H100)];
    await compute.life.clusters.refresh();

    const { sites } = await compute.life.client.listSites({});
    expect(sites).toMatchObject([
      {
        name: 'home',
        clusters: [
          {
            name: 'local',
            engine: 'local',
            state: Cluster_State.READY,
            isolation: Isolation.NAMESPACES,
            pools: [
              {
                acceleratorClass: CPU,
                nodes: 1,
                slots: 8,
                slotsFree: 8,
                coresPerNode: 8,
                memoryBytesPerNode: 16n * GIB,
              },
              { acceleratorClass: H100, nodes: 2, slots: 8, slotsFree: 8 },
            ],
          },
        ],
      },
    ]);
  });

  it('says what is free', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project(), { devices: 3 });
    const { sites } = await compute.life.client.listSites({});
    expect(sites[0]?.clusters[0]?.pools).toMatchObject([{ slots: 4, slotsFree: 1 }]);
  });

  it('changes only when the engine says something new, and is journaled then', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.life.clusters.refresh();
    await compute.restart();
    expect(await compute.journal(HOME.clusterId)).toEqual(['cluster.capacity']);

    compute.engine.isolation = Isolation.NONE;
    await compute.life.clusters.refresh();
    expect(await compute.journal(HOME.clusterId)).toEqual(['cluster.capacity', 'cluster.capacity']);
  });

  it('loses a node that is gone, and has it back as it was', async () => {
    await using compute = await ComputeUnderTest.start();
    const [n1] = compute.engine.nodes;
    compute.engine.nodes = [node('other', CPU, 2)];
    await compute.life.clusters.refresh();
    expect(await slots(compute)).toEqual([2]);

    compute.engine.nodes = n1 ? [n1, node('other', CPU, 2)] : [];
    await compute.life.clusters.refresh();
    expect(await slots(compute)).toEqual([6]);
  });

  it('loses a device that is gone while a job has it, and gives it to nobody else', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    const { id } = await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    compute.engine.nodes = [{ ...node('n1', CPU, 2), cores: 2 }];
    await compute.life.clusters.refresh();
    expect(await slots(compute)).toEqual([2]);
    expect(await compute.occupied()).toBe(4);

    await compute.end(project, id);
    const next = await compute.submit(project, { devices: 2 });
    expect(next.placement?.devices).toEqual([0, 1]);
    await expect(compute.submit(project, { devices: 3 })).rejects.toMatchObject({ code: 'refused_by_shape' });
  });

  it('leaves out nodes that have nothing', async () => {
    await using compute = await ComputeUnderTest.start();
    compute.engine.nodes = [node('empty', CPU, 0), node('full')];
    await compute.life.clusters.refresh();
    expect(await slots(compute)).toEqual([4]);
  });

  it('starts without an engine that answers, and finds it when it does', async () => {
    await using compute = await ComputeUnderTest.start();
    compute.engineFaults.isUnreachable = true;
    await compute.restart();
    expect(await compute.journal(HOME.clusterId)).toEqual(['cluster.capacity', 'cluster.unreachable']);
    compute.engineFaults.isUnreachable = false;
    await compute.life.clusters.refresh();
    expect((await compute.life.client.listSites({})).sites[0]?.clusters[0]?.state).toBe(Cluster_State.READY);
  });

  it('is looked at again although the clock was set back', async () => {
    await using compute = await ComputeUnderTest.start();
    compute.setClockBack(600_000);
    compute.engine.nodes = [node('n2')];
    compute.life.clusters.refreshWhenDue();
    await eventually('the new node is known', () => knows(compute, 'n2'));
  });
});

const knows = async (compute: ComputeUnderTest, name: string): Promise<boolean> =>
  (await compute.sql('SELECT 1 FROM node WHERE name = $1 AND gone_at IS NULL', [name])).length > 0;

const slots = async (compute: ComputeUnderTest): Promise<number[]> =>
  (await compute.life.client.listSites({})).sites.flatMap(({ clusters }) =>
    clusters.flatMap(({ pools }) => pools.map((pool) => pool.slots)),
  );
