import { describe, expect, it } from '@jest/globals';
import { Job_Priority as Priority, Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

const LONG = { command: ['work', '280000'], timeLimitMs: 300_000n };
const shortly = ({ state, cause }: Job): string => `${State[state]} ${Cause[cause]}`;

describe('a job at low priority', () => {
  it('gives way to a newcomer that needs its place, pays for what was covered, and is told why', async () => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute, { devices: 4 });
    await compute.pass(4);
    const project = compute.project();
    const { id, state } = await compute.submit(project, { devices: 2, command: ['work', '5000'] });
    expect(state).toBe(State.QUEUED);
    await compute.pass(2);

    const ended = await compute.job(low.project, low.id);
    expect(shortly(ended)).toBe('FAILED PREEMPTED');
    expect(ended.detail).toContain('gave way to a job');
    expect(compute.quota.reservations.get(low.id)).toMatchObject({ usedDeviceMs: 40_002n, cause: Cause.PREEMPTED });
    expect(compute.quota.reservations.get(low.id)?.lateDeviceMs).toBeGreaterThan(0n);
    const said = (await compute.journal(low.id)).slice(-4);
    expect(said).toEqual(['job.giving_way', 'job.stopping', 'job.concluded', 'job.failed']);
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it('has its checkpoint notice first, and the newcomer waits until it is gone', async () => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute, { devices: 4, checkpointNoticeMs: 5_000n });
    const project = compute.project();
    const { id } = await compute.submit(project, { devices: 4 });
    await compute.pass(4);
    const leaving = await compute.job(low.project, low.id);
    expect([State[leaving.state], leaving.detail]).toEqual(['STOPPING', expect.stringContaining('checkpoint notice')]);
    expect([(await compute.job(project, id)).state, await compute.occupied()]).toEqual([State.QUEUED, 4]);

    await compute.pass(4);
    expect(shortly(await compute.job(low.project, low.id))).toBe('FAILED PREEMPTED');
    expect((await compute.job(project, id)).state).toBe(State.RUNNING);
    expect(await told(compute, low)).toBe(1);
  });

  it('need not wait for that when its owner cancels it meanwhile', async () => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute, { devices: 4, checkpointNoticeMs: 60_000n });
    await compute.submit(compute.project(), { devices: 4 });
    await compute.pass(2);
    await compute.life.client.cancelJob(low);
    await compute.pass(2);
    expect(shortly(await compute.job(low.project, low.id))).toBe('CANCELLED USER');
  });

  it('keeps its place where there is room beside it, and while nobody needs it', async () => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute, { devices: 2 });
    const project = compute.project();
    const { id } = await compute.submit(project, { devices: 2, command: ['work', '5000'] });
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect((await compute.job(low.project, low.id)).priority).toBe(Priority.LOW);
    expect(await told(compute, low)).toBe(0);
  });

  it.each<[string, Parameters<ComputeUnderTest['project']>[0], number]>([
    ['may hold no more devices at once', { slots: 0n }, 2],
    ['would not fit all the same', { slots: 8n }, 4],
  ])('keeps its place where whoever waits %s', async (_, means, devices) => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute, { devices: 2 });
    await compute.submit(compute.project(), { ...LONG, devices: 2 });
    const project = compute.project({ ...means, slots: 4n });
    const { id } = await compute.submit(project, { ...LONG, devices });
    compute.quota.grant(project.projectId, 'SLOTS:cpu.x86_64', means?.slots ?? 0n);
    await compute.pass(3);
    expect((await compute.job(project, id)).state).toBe(State.QUEUED);
    expect(await told(compute, low)).toBe(0);
  });

  it('keeps its place from what a project may not have, whose smaller job finds room all the same', async () => {
    await using compute = await ComputeUnderTest.start();
    const low = await lowJob(compute);
    await compute.submit(compute.project(), { devices: 3, command: ['work', '4000'] });
    const project = compute.project();
    const large = await compute.submit(project, { ...LONG, devices: 4 });
    const small = await compute.submit(project, { ...LONG, devices: 2 });
    compute.quota.grant(project.projectId, 'SLOTS:cpu.x86_64', 3n);
    await compute.pass(7);
    const states = await Promise.all([large, small].map(({ id }) => compute.job(project, id)));
    expect(states.map(({ state }) => State[state])).toEqual(['QUEUED', 'RUNNING']);
    expect(await told(compute, low)).toBe(0);
  });

  it('gives way as one of few, the youngest first, and others stay', async () => {
    await using compute = await ComputeUnderTest.start();
    const lows = [await lowJob(compute), await lowJob(compute), await lowJob(compute), await lowJob(compute)];
    const project = compute.project();
    const newcomer = await compute.submit(project, { devices: 2 });
    await compute.pass(3);
    expect((await compute.job(project, newcomer.id)).state).toBe(State.RUNNING);
    const ended = await Promise.all(lows.map(({ project, id }) => compute.job(project, id)));
    expect(ended.map(({ state }) => State[state])).toEqual(['RUNNING', 'RUNNING', 'FAILED', 'FAILED']);
  });

  it('is asked for two that wait only where the place of one does not do for both', async () => {
    await using compute = await ComputeUnderTest.start();
    const wishes = { devices: 2, checkpointNoticeMs: 5_000n };
    const lows = [await lowJob(compute, wishes), await lowJob(compute, wishes)];
    const project = compute.project({ slots: 8n });
    for (let n = 0; n < 2; n++) await compute.submit(project, { ...LONG, devices: 1 });
    await compute.pass(2);
    expect(await Promise.all(lows.map((low) => told(compute, low)))).toEqual([0, 1]);

    await compute.submit(project, { ...LONG, devices: 1 });
    await compute.pass(1);
    expect(await Promise.all(lows.map((low) => told(compute, low)))).toEqual([1, 1]);
  });

  it('is asked once by two schedulers, and whoever waits is placed once', async () => {
    await using compute = await ComputeUnderTest.start();
    const lows = [await lowJob(compute, { devices: 2 }), await lowJob(compute, { devices: 2 })];
    const project = compute.project();
    const { id } = await compute.submit(project, { devices: 2, command: ['work', '3000'] });
    const one = compute.life;
    const two = await compute.restart();
    for (let second = 0; second < 8; second++) {
      compute.clock.advance(1_000);
      await Promise.all([one.look(), two.look()]);
    }
    expect(await Promise.all(lows.map((low) => told(compute, low)))).toEqual([0, 1]);
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
  });
});

describe('a job at normal priority', () => {
  it('gives way to nobody, however long others wait', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    const { id } = await compute.submit(project, { ...LONG, devices: 4 });
    const waiting = await compute.submit(project);
    await compute.pass(10);
    expect((await compute.job(project, waiting.id)).state).toBe(State.QUEUED);
    expect(await told(compute, { project, id })).toBe(0);
  });
});

interface Of {
  project: { tenantId: string; projectId: string };
  id: string;
}

/** A job that has gone on at low priority, its award being used up. */
async function lowJob(compute: ComputeUnderTest, wishes: Parameters<ComputeUnderTest['submit']>[1] = {}): Promise<Of> {
  const project = compute.project();
  const devices = BigInt(wishes.devices ?? 1);
  const coverMs = 10_000n + (wishes.checkpointNoticeMs ?? 0n);
  const terms = { balance: (coverMs * devices * 4n) / 10n, budgetEnd: BudgetEnd.CONTINUE_AT_LOW_PRIORITY };
  const awardId = compute.quota.award(project.projectId, 400_000, terms);
  const { id } = await compute.submitFor(project, awardId, { ...LONG, ...wishes });
  await compute.pass(9);
  expect((await compute.job(project, id)).priority).toBe(Priority.LOW);
  return { project, id };
}

/** How often it was told to leave. */
const told = async (compute: ComputeUnderTest, { id }: Of): Promise<number> =>
  (await compute.journal(id)).filter((action) => action === 'job.giving_way').length;
