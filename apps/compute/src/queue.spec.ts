import { describe, expect, it } from '@jest/globals';
import { Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

type Project = ReturnType<ComputeUnderTest['project']>;

describe('a queued job', () => {
  it('starts by itself when there is room, in the order in which jobs came', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    const second = await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    const third = await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    expect(await states(compute, project, second, third)).toEqual(['QUEUED', 'QUEUED']);

    await compute.pass(5);
    expect(await states(compute, project, second, third)).toEqual(['RUNNING', 'QUEUED']);
    await compute.end(project, third.id);
    expect(await states(compute, project, second, third)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(await compute.journal(third.id)).toEqual([
      'job.queued',
      'job.placed',
      'job.starting',
      'job.running',
      'job.stopping',
      'job.succeeded',
    ]);
  });

  it('holds neither slots nor money', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    await compute.submit(project, { devices: 4, command: ['work', '9000'] });
    const { id } = await compute.submit(project);
    await compute.pass(2);
    expect(await compute.occupied()).toBe(4);
    expect(compute.quota.reservations.has(id)).toBe(false);
  });

  it('that is large holds up no small one behind it', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    await compute.submit(project, { devices: 2, command: ['work', '9000'] });
    const large = await compute.submit(project, { devices: 4 });
    const small = await compute.submit(project, { devices: 2, command: ['work', '2000'] });
    await compute.pass(2);
    expect(await states(compute, project, large, small)).toEqual(['QUEUED', 'RUNNING']);
  });

  it('is not passed by a newcomer between the end of another job and its own start', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    const first = await compute.submit(project, { devices: 4, command: ['work', '9000'] });
    const waiting = await compute.submit(project, { devices: 4 });
    await compute.meddle(`UPDATE occupancy SET during = tstzrange(lower(during), lower(during))`);
    await compute.meddle(`UPDATE job SET state = 9, ended_at = created_at, next_at = NULL WHERE id = $1`, [first.id]);
    const newcomer = await compute.submit(project, { devices: 4 });
    await compute.look();
    expect(await states(compute, project, waiting, newcomer)).toEqual(['RUNNING', 'QUEUED']);
  });

  it("that waits for its own project's limit lets others pass", async () => {
    const { compute } = await setup();
    await using _ = compute;
    const [modest, other] = [compute.project({ slots: 1n }), compute.project()];
    const jobs = [];
    for (let n = 0; n < 6; n++) jobs.push(await compute.submit(modest, { command: ['work', '9000'] }));
    const passing = await compute.submit(other, { devices: 3, command: ['work', '2000'] });
    await compute.pass(2);

    expect(await states(compute, modest, ...jobs)).toEqual([
      'RUNNING',
      'QUEUED',
      'QUEUED',
      'QUEUED',
      'QUEUED',
      'QUEUED',
    ]);
    expect((await compute.job(other, passing.id)).state).not.toBe(State.QUEUED);
  });

  it('that waited for room and then meets its own limit still lets others pass', async () => {
    const { compute } = await setup();
    await using _ = compute;
    const [modest, other] = [compute.project({ slots: 1n }), compute.project()];
    await compute.submit(other, { devices: 4, command: ['work', '2000'] });
    const jobs = [];
    for (let n = 0; n < 4; n++) jobs.push(await compute.submit(modest, { command: ['work', '30000'] }));
    const passing = await compute.submit(other, { devices: 3, command: ['work', '30000'] });
    await compute.pass(6);

    expect(await states(compute, modest, ...jobs)).toEqual(['RUNNING', 'QUEUED', 'QUEUED', 'QUEUED']);
    expect(State[(await compute.job(other, passing.id)).state]).toBe('RUNNING');
  });

  it('is found behind a thousand of a project that is at its limit', async () => {
    const { compute } = await setup();
    await using _ = compute;
    const [modest, other] = [compute.project({ slots: 1n }), compute.project()];
    await compute.submit(other, { devices: 4, command: ['work', '2000'] });
    const jobs = [];
    for (let n = 0; n < 3; n++) jobs.push(await compute.submit(modest, { command: ['work', '30000'] }));
    await compute.meddle(
      `INSERT INTO job (tenant_id, id, project_id, name, workload, content_sha256, accelerator_class, devices, cores,
         memory_bytes, time_limit_ms, state, waits_for, created_at)
       SELECT tenant_id, gen_random_uuid(), project_id, name, workload, content_sha256, accelerator_class, devices,
         cores, memory_bytes, time_limit_ms, state, waits_for, created_at
         FROM job, generate_series(1, 1100) WHERE id = $1`,
      [jobs[2]?.id],
    );
    compute.clock.advance(1);
    const passing = await compute.submit(other, { devices: 3, command: ['work', '30000'] });
    await compute.pass(6);
    expect(State[(await compute.job(other, passing.id)).state]).toBe('RUNNING');
  });

  it.each([
    ['after they had begun', 7_000],
    ['before they began', 60_000],
  ])('finds the room of jobs that have ended, also when the clock was set back to %s', async (_, ms) => {
    const { compute, project } = await setup();
    await using under = compute;
    await under.pass(1);
    const first = await compute.submit(project, { devices: 4, command: ['work', '8000'] });
    const waiting = await compute.submit(project, { devices: 4 });
    await compute.end(project, first.id);
    compute.setClockBack(ms);
    await compute.pass(2);
    expect(await states(compute, project, waiting)).toEqual(['RUNNING']);
  });

  it("fails when its project's money is gone by the time there is room", async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    await compute.submit(project, { devices: 4, command: ['work', '2000'] });
    const { id } = await compute.submit(project);
    compute.quota.account(project.projectId, 'CR:demo').balance = 9_000n;
    const job = await compute.end(project, id);
    expect(job).toMatchObject({ state: State.FAILED, cause: Cause.BUDGET, detail: expect.stringContaining('credits') });
  });

  it('waits on while the ledger cannot be reached', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    const first = await compute.submit(project, { devices: 4, command: ['work', '2000'] });
    const waiting = await compute.submit(project);
    await compute.end(project, first.id).catch(() => undefined);
    compute.quotaFaults.isUnreachable = true;
    await expect(compute.look()).rejects.toThrow();
    compute.quotaFaults.isUnreachable = false;
    expect((await compute.end(project, waiting.id)).state).toBe(State.SUCCEEDED);
  });

  it('is placed by one of two schedulers, never by both', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    const first = await compute.submit(project, { devices: 4, command: ['work', '1000'] });
    const waiting = [];
    for (let n = 0; n < 6; n++) waiting.push(await compute.submit(project));
    const one = compute.life;
    const two = await compute.restart();
    for (let second = 0; second < 60; second++) {
      compute.clock.advance(1_000);
      await Promise.all([one.look(), two.look()]);
      expect(await compute.occupied()).toBeLessThanOrEqual(4);
    }
    expect(new Set(await states(compute, project, first, ...waiting))).toEqual(new Set(['SUCCEEDED']));
    expect(compute.engine.started).toHaveLength(7);
    expect(compute.quota.effects.filter((effect) => effect.startsWith('post'))).toHaveLength(7);
  });
});

async function setup() {
  const compute = await ComputeUnderTest.start();
  return { compute, project: compute.project({ slots: 8n }) };
}

const states = async (compute: ComputeUnderTest, project: Project, ...jobs: Job[]): Promise<(string | undefined)[]> =>
  Promise.all(jobs.map(async ({ id }) => State[(await compute.job(project, id)).state]));
