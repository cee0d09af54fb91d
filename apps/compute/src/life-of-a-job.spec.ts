import { describe, expect, it } from '@jest/globals';
import { Cluster_State, Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { Observation_End as End, Observation_State as Seen } from '@kontor/contracts/engine/v1/engine';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { engineJobId } from './job-id.ts';

const RUN_TO_END = ['job.placed', 'job.starting', 'job.running', 'job.stopping'];
const shortly = ({ state, cause }: Job): string => `${State[state]} ${Cause[cause]}`;

describe('a job', () => {
  it('is placed, runs, is metered and paid for, and leaves nothing behind', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id, state } = await compute.submit(project, { command: ['work', '5000'], outputs: ['model.bin'] });
    expect(State[state]).toBe('STARTING');

    const job = await compute.end(project, id);
    expect(job).toMatchObject({ state: State.SUCCEEDED, cause: Cause.USER, exitCode: 0, billedDeviceMs: 5000n });
    expect(job.outputs.map(({ path }) => path)).toEqual(['model.bin']);
    expect(await compute.journal(id)).toEqual([...RUN_TO_END, 'job.succeeded']);
    expect(compute.quota.effects).toEqual([`reserve ${id}`, `post ${id}`]);
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 5000n, lateDeviceMs: 0n });
    expect(compute.quota.account(project.projectId, 'CR:demo')).toMatchObject({ balance: 995_000n, held: 0n });
    expect(await compute.occupied()).toBe(0);
  });

  it.each([
    ['with an exit code', ['work', '3000', '7'], {}, 'FAILED USER', { exitCode: 7 }],
    ['at its time limit', ['work', '90000'], { timeLimitMs: 30_000n }, 'FAILED LIMIT', { billedDeviceMs: 30_000n }],
    ['before it could be started', ['missing'], {}, 'FAILED USER', { billedDeviceMs: 0n }],
  ])('fails %s', async (_, command, wishes, expected, facts) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command, ...wishes });

    const job = await compute.end(project, id);
    expect(shortly(job)).toBe(expected);
    expect(job).toMatchObject(facts);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it('is billed by its largest share, for every millisecond of it', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '5001'], memoryBytes: 3n * 2n ** 30n });
    expect(await compute.end(project, id)).toMatchObject({
      billedDeviceMs: 7501n,
      placement: { billedMillidevices: 1500n },
    });
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 7501n, lateDeviceMs: 0n });
  });

  it('that outlives its first cover is covered on and on, and pays as it goes', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '45000'] });
    await compute.pass(20);
    expect(compute.quota.reservations.get(id)?.usedDeviceMs).toBeGreaterThan(10_000n);

    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(compute.quota.effects.filter((effect) => effect === `advance ${id}`).length).toBeGreaterThan(3);
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 45_000n, lateDeviceMs: 0n });
    expect((await compute.journal(id)).filter((action) => action === 'job.cover').length).toBeGreaterThan(3);
  });

  it('is stopped by the engine when its money runs out, to the last µcr and not one more', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 23_456n });
    const { id } = await compute.submit(project, { command: ['work', '55000'] });

    expect(shortly(await compute.end(project, id))).toBe('FAILED BUDGET');
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 23_456n, lateDeviceMs: 0n });
    expect(compute.quota.account(project.projectId, 'CR:demo')).toMatchObject({ balance: 0n, held: 0n });
  });

  it('goes on when more money arrives before its cover ends', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 12_000n });
    const { id } = await compute.submit(project, { command: ['work', '30000'] });
    await compute.pass(9);
    expect((await compute.job(project, id)).detail).toContain("its project's credits end");
    compute.quota.account(project.projectId, 'CR:demo').balance += 100_000n;

    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
  });

  it('does not pay when its cover ended because Kontor was away', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '55000'] });
    await compute.pass(2);
    compute.clock.advance(120_000);

    expect(shortly(await compute.end(project, id))).toBe('FAILED SITE');
    expect(compute.quota.reservations.get(id)).toMatchObject({ cause: Cause.SITE });
  });

  it.each([600_000, 5_000])('is looked at and covered on while the wall clock is set back by %s ms', async (ms) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '280000'], timeLimitMs: 300_000n });
    await compute.pass(3);
    compute.setClockBack(ms);
    await compute.pass(20);
    const job = await compute.job(project, id);
    expect([State[job.state], job.usage?.elapsedMs]).toEqual(['RUNNING', 22_000n]);
    expect(compute.quota.reservations.get(id)?.coverDeviceMs).toBeGreaterThan(23_000n);
  });

  it('goes on, and says so, while its engine cannot tell how it is; the others are looked after as ever', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '30000'] });
    const other = await compute.submit(project, { command: ['work', '5000'] });
    await compute.pass(2);
    const running = compute.engine.jobs.get(engineJobId({ ...project, id }));
    if (running) running.forced = { state: Seen.UNSPECIFIED, end: End.END_UNSPECIFIED };
    await compute.pass(5);
    const job = await compute.job(project, id);
    expect([State[job.state], job.detail]).toEqual(['RUNNING', expect.stringContaining('cannot tell how it is')]);
    expect((await compute.job(project, other.id)).state).toBe(State.SUCCEEDED);
    expect((await compute.life.client.listSites({})).sites[0]?.clusters[0]?.state).toBe(Cluster_State.READY);
    delete running?.forced;
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
  });

  it('is not billed while it is paused', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '8000'] });
    await compute.pass(3);
    compute.engine.pause(engineJobId({ ...project, id }), true);
    await compute.pass(30);
    expect(State[(await compute.job(project, id)).state]).toBe('PAUSED');
    compute.engine.pause(engineJobId({ ...project, id }), false);

    expect(await compute.end(project, id)).toMatchObject({ state: State.SUCCEEDED, billedDeviceMs: 8_000n });
    expect((await compute.journal(id)).filter((action) => action !== 'job.cover')).toEqual([
      'job.placed',
      'job.starting',
      'job.running',
      'job.paused',
      'job.running',
      'job.stopping',
      'job.succeeded',
    ]);
  });
});

describe('when the engine', () => {
  it.each([
    ['forgets a job', (compute: ComputeUnderTest, name: string) => compute.engine.jobs.delete(name)],
    [
      'says that it lost a job',
      (compute: ComputeUnderTest, name: string) => {
        Object.assign(compute.engine.jobs.get(name) ?? {}, { forced: { state: Seen.ENDED, end: End.LOST } });
      },
    ],
  ])("%s, the job fails at the site's cost", async (_, lose) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    await compute.pass(3);
    lose(compute, engineJobId({ ...project, id }));

    expect(shortly(await compute.end(project, id))).toBe('FAILED SITE');
    expect(compute.quota.reservations.get(id)?.cause).toBe(Cause.SITE);
    expect([compute.quota.open, await compute.occupied()]).toEqual([[], 0]);
  });

  it('cannot be reached, jobs keep their state, nothing new is placed, and all goes on when it is back', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '5000'] });
    await compute.pass(2);
    compute.engineFaults.isUnreachable = true;
    await compute.pass(4);
    const waiting = await compute.submit(project);

    const cluster = async () => (await compute.life.client.listSites({})).sites[0]?.clusters[0];
    expect(await cluster()).toMatchObject({ state: Cluster_State.UNREACHABLE });
    expect(State[(await compute.job(project, id)).state]).toBe('RUNNING');
    expect(State[waiting.state]).toBe('QUEUED');
    expect(waiting.detail).toContain('does not answer');

    compute.engineFaults.isUnreachable = false;
    await compute.life.clusters.refresh();
    expect(await cluster()).toMatchObject({ state: Cluster_State.READY });
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(shortly(await compute.end(project, waiting.id))).toBe('SUCCEEDED USER');
  });

  it("refuses a job, it fails at the site's cost without a charge record", async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.engineFaults.plan('submit', 'before', Problem.invalid('no_such_device', 'There is no device 7.'));
    const { id } = await compute.submit(project);

    const job = await compute.end(project, id);
    expect(shortly(job)).toBe('FAILED SITE');
    expect(job.detail).toContain('There is no device 7.');
    expect(compute.quota.effects).toEqual([`reserve ${id}`, `void ${id}`]);
  });

  it.each(['submit', 'extendCover', 'observe'])('answers %s late or never, the job still runs once', async (method) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.engineFaults.plan(method, 'after');
    compute.engineFaults.plan(method, 'before');
    const { id } = await compute.submit(project, { command: ['work', '20000'] });

    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(compute.engine.started).toEqual([engineJobId({ ...project, id })]);
  });
});

describe('when the ledger', () => {
  it.each(['reserve', 'advance', 'post'])(
    'answers %s late or never, the job is still paid for once',
    async (method) => {
      await using compute = await ComputeUnderTest.start();
      const project = compute.project();
      compute.quotaFaults.plan(method, 'after');
      compute.quotaFaults.plan(method, 'before');
      const { id } = await compute.submit(project, { command: ['work', '20000'] });

      expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
      expect(
        compute.quota.effects.filter((effect) => effect.startsWith('reserve') || effect.startsWith('post')),
      ).toEqual([`reserve ${id}`, `post ${id}`]);
      expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 20_000n, lateDeviceMs: 0n });
    },
  );

  it('cannot be reached after the verdict, the job waits for it in its place', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.quotaFaults.plan('reserve', 'before');
    const job = await compute.submit(project);

    expect(State[job.state]).toBe('PLACED');
    expect(await compute.occupied()).toBe(1);
    expect(shortly(await compute.end(project, job.id))).toBe('SUCCEEDED USER');
  });

  it('says that a reservation has expired, the job ends with its cover and the ledger keeps its late use', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '50000'] });
    await compute.pass(2);
    for (let refused = 0; refused < 20; refused++) {
      compute.quotaFaults.plan(
        'advance',
        'before',
        Problem.refused('already_expired', 'The reservation is already expired.'),
      );
    }

    expect(shortly(await compute.end(project, id))).toBe('FAILED SITE');
    expect(await compute.occupied()).toBe(0);
  });

  it('refuses to settle for good, the slots do not stay taken for ever', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.quotaFaults.plan('post', 'before', Problem.refused('already_voided', 'The reservation was voided.'));
    const { id } = await compute.submit(project);

    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(await compute.occupied()).toBe(0);
  });
});
