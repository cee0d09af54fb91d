import { describe, expect, it } from '@jest/globals';
import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { ChargeRecord_Cause as Cause, Reservation_State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import type { Failpoint } from './ports.ts';

type Point = readonly [name: Failpoint, pass: number];

const POINTS: Point[] = [
  ['compute.after-occupy', 1],
  ['compute.after-reserve', 1],
  ['compute.before-submit', 1],
  ['compute.after-submit', 1],
  ['compute.after-observe', 1],
  ['compute.after-observe', 3],
  ['compute.after-observe', 9],
  ['compute.after-advance', 1],
  ['compute.after-advance', 2],
  ['compute.before-settle', 1],
  ['compute.after-settle', 1],
  ['compute.before-finish', 1],
];

describe('a process that dies', () => {
  it.each(POINTS)('at %s, pass %i, leaves a job that runs once and is paid for once', async (name, pass) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const id = uuid7();
    const death = dyingAt(name, pass);
    await compute.restart(death.failpoint);
    await Promise.race([death.came, compute.submit(project, { command: ['work', '20000'] }, id)]);
    await untilDead(compute, death.came);

    await compute.restart();
    await compute.end(project, id);
    await expectPaidOnce(compute, project, id, 20_000n);
    expect((await compute.journal(id)).filter((action) => action !== 'job.cover')).toEqual([
      'job.placed',
      'job.starting',
      'job.running',
      'job.stopping',
      'job.succeeded',
    ]);
  });

  it('again and again, at every point of one job, comes to the same end', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const id = uuid7();
    for (const [name] of POINTS.filter(([, pass]) => pass === 1)) {
      const death = dyingAt(name, 1);
      await compute.restart(death.failpoint);
      const submitted = name === 'compute.after-occupy' && compute.submit(project, { command: ['work', '20000'] }, id);
      await Promise.race([death.came, submitted]);
      await untilDead(compute, death.came);
    }

    await compute.restart();
    await compute.end(project, id);
    await expectPaidOnce(compute, project, id, 20_000n);
  });

  it.each<Point>([
    ['compute.after-observe', 1],
    ['compute.before-settle', 1],
    ['compute.after-settle', 1],
    ['compute.before-finish', 1],
  ])('at %s while a job is being cancelled leaves it cancelled', async (name, pass) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(3);
    await compute.life.client.cancelJob({ project, id });
    const death = dyingAt(name, pass);
    await compute.restart(death.failpoint);
    await untilDead(compute, death.came);

    await compute.restart();
    expect(State[(await compute.end(project, id)).state]).toBe('CANCELLED');
    expect(compute.quota.effects.filter((effect) => effect.startsWith('post'))).toHaveLength(1);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it.each<Point>([
    ['compute.after-advance', 1],
    ['compute.after-advance', 2],
    ['compute.after-advance', 3],
    ['compute.after-observe', 8],
    ['compute.after-observe', 12],
    ['compute.before-settle', 1],
    ['compute.after-settle', 1],
  ])('at %s, pass %i, leaves a job at low priority, charged for what its award covered', async (name, pass) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const terms = { balance: 4_000n, budgetEnd: BudgetEnd.CONTINUE_AT_LOW_PRIORITY };
    const awardId = compute.quota.award(project.projectId, 400_000, terms);
    const { id } = await compute.submitFor(project, awardId, { command: ['work', '20000'] });
    const death = dyingAt(name, pass);
    await compute.restart(death.failpoint);
    await untilDead(compute, death.came);

    await compute.restart();
    expect(await compute.end(project, id)).toMatchObject({ state: State.SUCCEEDED, priority: Priority.LOW });
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 10_002n, lateDeviceMs: 9_998n });
    expect(compute.quota.effects.filter((effect) => effect.startsWith('post'))).toHaveLength(1);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it.each<Point>([
    ['compute.after-observe', 1],
    ['compute.before-settle', 1],
    ['compute.after-settle', 1],
    ['compute.before-finish', 1],
  ])('at %s while a job gives way leaves its place to whoever waits', async (name, pass) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    const terms = { balance: 16_000n, budgetEnd: BudgetEnd.CONTINUE_AT_LOW_PRIORITY };
    const awardId = compute.quota.award(project.projectId, 400_000, terms);
    const low = await compute.submitFor(project, awardId, { devices: 4, command: ['work', '50000'] });
    await compute.pass(9);
    const { id } = await compute.submit(project, { devices: 4, command: ['work', '5000'] });
    const death = dyingAt(name, pass);
    await compute.restart(death.failpoint);
    await untilDead(compute, death.came);

    await compute.restart();
    expect((await compute.end(project, id)).state).toBe(State.SUCCEEDED);
    expect(await compute.job(project, low.id)).toMatchObject({ state: State.FAILED, cause: Cause.PREEMPTED });
    expect((await compute.journal(low.id)).filter((action) => action === 'job.giving_way')).toHaveLength(1);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it('after placing a job from the queue leaves it placed', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    const first = await compute.submit(project, { devices: 4, command: ['work', '3000'] });
    const { id } = await compute.submit(project, { devices: 4, command: ['work', '5000'] });
    const death = dyingAt('compute.after-occupy', 1);
    await compute.restart(death.failpoint);
    await untilDead(compute, death.came);
    expect(State[(await compute.job(project, id)).state]).toBe('PLACED');

    await compute.restart();
    await compute.end(project, id);
    await expectPaidOnce(compute, project, id, 20_000n);
    expect((await compute.job(project, first.id)).state).toBe(State.SUCCEEDED);
  });
});

/** A process that stops for ever where it stands: nothing is caught, nothing cleaned up, its claims stay. */
function dyingAt(point: Failpoint, pass: number) {
  let die: (dead: 'dead') => void;
  const came = new Promise<'dead'>((resolve) => {
    die = resolve;
  });
  let passes = 0;
  const failpoint = (name: Failpoint): Promise<void> | undefined => {
    if (name !== point || ++passes !== pass) return undefined;
    die('dead');
    return new Promise(() => undefined);
  };
  return { came, failpoint };
}

/** Lets the time pass until it dies. */
async function untilDead(compute: ComputeUnderTest, death: Promise<'dead'>): Promise<void> {
  let looked: void | 'dead' = await Promise.race([death, Promise.resolve()]);
  for (let seconds = 0; looked !== 'dead'; seconds++) {
    if (seconds === 60) throw new Error('The process never came to that point.');
    compute.clock.advance(1_000);
    looked = await Promise.race([death, compute.life.look()]);
  }
}

async function expectPaidOnce(
  compute: ComputeUnderTest,
  project: { tenantId: string; projectId: string },
  id: string,
  deviceMs: bigint,
) {
  expect(await compute.job(project, id)).toMatchObject({ state: State.SUCCEEDED, billedDeviceMs: deviceMs });
  expect(new Set(compute.engine.started).size).toBe(compute.engine.started.length);
  expect(compute.quota.effects.filter((effect) => effect === `reserve ${id}` || effect === `post ${id}`)).toEqual([
    `reserve ${id}`,
    `post ${id}`,
  ]);
  expect(compute.quota.reservations.get(id)).toMatchObject({
    state: Reservation_State.POSTED,
    usedDeviceMs: deviceMs,
    lateDeviceMs: 0n,
  });
  expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
}
