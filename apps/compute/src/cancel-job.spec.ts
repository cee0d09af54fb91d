import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { engineJobId } from './job-id.ts';

describe('cancelling a job', () => {
  it('that waits ends it at once, with nothing to settle', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    await compute.submit(project, { devices: 4 });
    const { id } = await compute.submit(project);

    expect(await cancel(compute, project, id)).toMatchObject({ state: State.CANCELLED, cause: Cause.USER });
    await compute.pass(20);
    expect(compute.quota.reservations.has(id)).toBe(false);
  });

  it('whose budget is not yet set aside gives back what may have been', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.quotaFaults.plan('reserve', 'after');
    const { id, state } = await compute.submit(project);
    expect(State[state]).toBe('PLACED');
    await cancel(compute, project, id);

    expect(State[(await compute.end(project, id)).state]).toBe('CANCELLED');
    expect(compute.quota.effects).toEqual([`reserve ${id}`, `void ${id}`]);
    expect([compute.engine.started, await compute.occupied()]).toEqual([[], 0]);
  });

  it('that the engine has not heard of never starts', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id, state } = await compute.submit(project);
    expect(State[state]).toBe('STARTING');
    await cancel(compute, project, id);

    expect(await compute.end(project, id)).toMatchObject({
      state: State.CANCELLED,
      cause: Cause.USER,
      billedDeviceMs: 0n,
    });
    expect(compute.quota.effects).toEqual([`reserve ${id}`, `void ${id}`]);
    expect([compute.engine.started, await compute.occupied()]).toEqual([[], 0]);
  });

  it('that runs stops it and charges what it used', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(4);
    await cancel(compute, project, id);
    await compute.look();

    expect(await compute.job(project, id)).toMatchObject({
      state: State.CANCELLED,
      cause: Cause.USER,
      billedDeviceMs: 3_000n,
    });
    expect(compute.quota.effects).toEqual([`reserve ${id}`, `post ${id}`]);
    expect(await compute.occupied()).toBe(0);
  });

  it('that is deaf waits for its grace', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['deaf', '50000'], graceMs: 3_000n });
    await compute.pass(4);
    await cancel(compute, project, id);
    await compute.look();
    expect(State[(await compute.job(project, id)).state]).toBe('STOPPING');

    expect(await compute.end(project, id)).toMatchObject({ state: State.CANCELLED, billedDeviceMs: 6_000n });
    expect(await compute.journal(id)).toEqual([
      'job.placed',
      'job.starting',
      'job.running',
      'job.cancel_asked',
      'job.stopping',
      'job.concluded',
      'job.cancelled',
    ]);
  });

  it('that is paused stops it', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(2);
    compute.engine.pause(engineJobId({ ...project, id }), true);
    await compute.pass(2);
    await cancel(compute, project, id);
    compute.engine.pause(engineJobId({ ...project, id }), false);
    expect(State[(await compute.end(project, id)).state]).toBe('CANCELLED');
  });

  it('that has ended leaves it as it ended', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    const ended = await compute.end(project, id);
    expect(await cancel(compute, project, id)).toEqual(ended);
  });

  it('twice is cancelling it once', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(2);
    const first = await cancel(compute, project, id);
    expect(await cancel(compute, project, id)).toEqual(first);
    expect((await compute.journal(id)).filter((action) => action === 'job.cancel_asked')).toHaveLength(1);
  });

  it('while somebody works on it is seen at once, not at the next look', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(2);
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    await compute.restart(async (name) => {
      if (name !== 'compute.after-observe') return;
      ask();
      await answered;
    });
    compute.clock.advance(1_000);
    const look = compute.life.look();
    await asked;
    await cancel(compute, project, id);
    answer();
    await look;
    await compute.look();
    expect(State[(await compute.job(project, id)).state]).toBe('CANCELLED');
  });

  it('of another project or tenant is not possible: it is not there', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    for (const stranger of [compute.project({ tenantId: project.tenantId }), compute.project()]) {
      await expect(cancel(compute, stranger, id)).rejects.toMatchObject({ code: 'job_not_found' });
    }
    await expect(cancel(compute, project, uuid7())).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

const cancel = (compute: ComputeUnderTest, project: ReturnType<ComputeUnderTest['project']>, id: string) =>
  compute.life.client.cancelJob({ project, id });
