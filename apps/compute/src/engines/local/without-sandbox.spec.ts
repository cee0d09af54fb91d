import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Capacity_Isolation as Isolation } from '@kontor/contracts/engine/v1/engine';
import { Bench } from '../conformance/bench.ts';
import { checkpointCases } from '../conformance/checkpoints.ts';
import { containmentCases } from '../conformance/containment.ts';
import { pauseCases } from '../conformance/pausing.ts';
import { recoveryCases } from '../conformance/recovery.ts';
import { stopCases } from '../conformance/stopping.ts';
import { localEngineUnderTest } from './engine-under-test.ts';

const isRoot = process.getuid?.() === 0;

describe('the local engine without a sandbox, each job as a user of its own where it can give them', () => {
  const bench = setup({ ownUsers: true });

  it('says that jobs are not kept apart', async () => {
    const { isolation, isolationDetail } = await bench.engine.getCapacity({});
    expect(isolation).toBe(Isolation.NONE);
    expect(isolationDetail).toContain(isRoot ? 'each as a user of its own' : 'all as the same user');
  });
  containmentCases(bench);
  pauseCases(bench);
});

describe('the local engine without a sandbox, all jobs as the same user', () => {
  const bench = setup({ ownUsers: false });

  it('says that jobs are not kept apart', async () => {
    expect((await bench.engine.getCapacity({})).isolationDetail).toContain('all as the same user');
  });
  stopCases(bench);
  checkpointCases(bench);
  recoveryCases(bench);
});

function setup(options: { ownUsers: boolean }): Bench {
  const bench = new Bench();
  beforeAll(async () => bench.bringUp(await localEngineUnderTest({ sandbox: false, ...options })));
  afterAll(() => bench.tearDown());
  return bench;
}
