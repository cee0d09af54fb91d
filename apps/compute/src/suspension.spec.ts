import { describe, expect, it } from '@jest/globals';
import { Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

const LONG = { command: ['work', '50000'] };
const shortly = ({ state, cause }: Job): string => `${State[state]} ${Cause[cause]}`;

describe('a job of a project that is suspended', () => {
  it('is stopped with its grace, pays for what it used, and says why', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['deaf', '50000'], graceMs: 3_000n });
    await compute.pass(4);
    compute.tenancy.suspended.add(project.projectId);
    await compute.pass(2);
    const stopping = await compute.job(project, id);
    expect([State[stopping.state], stopping.detail]).toEqual(['STOPPING', expect.stringContaining('is suspended')]);

    const ended = await compute.end(project, id);
    expect([shortly(ended), ended.detail]).toEqual(['CANCELLED SUSPENDED', expect.stringContaining('is suspended')]);
    expect(compute.quota.reservations.get(id)).toMatchObject({ cause: Cause.SUSPENDED, usedDeviceMs: 7_000n });
    expect(await compute.journal(id)).toEqual([
      'job.placed',
      'job.starting',
      'job.running',
      'job.suspended',
      'job.stopping',
      'job.concluded',
      'job.cancelled',
    ]);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it('that the engine has not heard of never starts', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id, state } = await compute.submit(project);
    expect(State[state]).toBe('STARTING');
    compute.tenancy.suspended.add(project.projectId);
    expect(shortly(await compute.end(project, id))).toBe('CANCELLED SUSPENDED');
    expect([compute.engine.started, compute.quota.open]).toEqual([[], []]);
  });

  it('waits while it is queued, holds up nobody, and starts when the suspension ends', async () => {
    await using compute = await ComputeUnderTest.start();
    const [project, other] = [compute.project({ slots: 8n }), compute.project()];
    await compute.submit(other, { devices: 4, command: ['work', '3000'] });
    const first = await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    const second = await compute.submit(other, { devices: 4, command: ['work', '3000'] });
    compute.tenancy.suspended.add(project.projectId);
    await compute.pass(1);
    expect((await compute.job(project, first.id)).detail).toBe('Its project is suspended.');
    expect(shortly(await compute.end(other, second.id))).toBe('SUCCEEDED USER');
    expect(State[(await compute.job(project, first.id)).state]).toBe('QUEUED');

    compute.tenancy.suspended.delete(project.projectId);
    expect(shortly(await compute.end(project, first.id))).toBe('SUCCEEDED USER');
  });

  it('is queued when it is submitted meanwhile, with the rule and what would help', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await compute.submit(project, LONG);
    compute.tenancy.suspended.add(project.projectId);
    await compute.pass(2);
    const { id, state } = await compute.submit(project);
    expect(State[state]).toBe('QUEUED');
    const { decisions } = await compute.life.client.listDecisions({ project, jobId: id });
    expect(decisions[0]).toMatchObject({ rule: 'suspended', detail: 'Its project is suspended.' });
    expect(decisions[0]?.help).not.toBe('');
    expect((await compute.life.client.cancelJob({ project, id })).state).toBe(State.CANCELLED);
  });

  it('is left alone while tenancy does not answer, and stays stopped where it has been', async () => {
    await using compute = await ComputeUnderTest.start();
    const [project, other] = [compute.project(), compute.project()];
    const before = await compute.submit(other, LONG);
    compute.tenancy.suspended.add(project.projectId);
    const { id } = await compute.submit(project, { devices: 2 });
    await compute.pass(3);
    const waiting = await compute.submit(project);

    compute.tenancyFaults.isUnreachable = true;
    compute.tenancy.suspended.clear();
    compute.tenancy.suspended.add(other.projectId);
    await compute.restart();
    await compute.pass(3);
    expect(shortly(await compute.job(project, id))).toBe('CANCELLED SUSPENDED');
    expect(State[(await compute.job(project, waiting.id)).state]).toBe('QUEUED');
    expect(State[(await compute.job(other, before.id)).state]).toBe('RUNNING');

    compute.tenancyFaults.isUnreachable = false;
    await compute.pass(2);
    expect(State[(await compute.job(project, waiting.id)).state]).toBe('RUNNING');
    expect(shortly(await compute.end(other, before.id))).toBe('CANCELLED SUSPENDED');
  });

  it('is found among however many others, a thousand projects at a time', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { devices: 4, command: ['work', '50000'] });
    const waiting = await compute.submit(project);
    await compute.pass(2);
    await compute.meddle(
      `INSERT INTO job (tenant_id, id, project_id, name, workload, content_sha256, accelerator_class, devices, cores,
         memory_bytes, time_limit_ms, state, waits_for, created_at)
       SELECT $2, gen_random_uuid(), gen_random_uuid(), name, workload, content_sha256, accelerator_class, devices,
         cores, memory_bytes, time_limit_ms, 1, 'placement', created_at
         FROM job, generate_series(1, 1500) WHERE id = $1`,
      [waiting.id, uuid7()],
    );
    compute.tenancy.suspended.add(project.projectId);
    await compute.life.suspensions.refresh();
    expect(compute.tenancy.askedMax).toBe(1_000);
    await compute.look();
    expect(shortly(await compute.job(project, id))).toBe('CANCELLED SUSPENDED');
  });
});
