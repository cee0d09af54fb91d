import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { inScope } from '@kontor/kit/tenant-scope';
import { Problem } from '@kontor/kit/problem';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { changeJob, Superseded } from './change-job.ts';
import { backOff, claimDue, releaseClaim } from './claims.ts';
import type { JobRow } from './tables.ts';

describe('a claim on a job', () => {
  it('keeps others away until it runs out', async () => {
    const { compute } = await setup();
    await using _ = compute;
    const [claimed] = await claim(compute);
    expect(claimed).toBeDefined();
    expect(await claim(compute)).toEqual([]);

    compute.clock.advance(2_000);
    const [again] = await claim(compute);
    expect(again?.epoch).toBe((claimed?.epoch ?? 0n) + 1n);
  });

  it('is made by one of many that try at once', async () => {
    const { compute } = await setup();
    await using _ = compute;
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(compute)));
    expect(claims.flat()).toHaveLength(1);
  });

  it('that has run out can write no more', async () => {
    const { compute, at } = await setup();
    await using _ = compute;
    const [late] = await claim(compute);
    compute.clock.advance(2_000);
    await claim(compute);

    const write = inScope(compute.db, 'all', (tx) => changeJob(tx, late ?? fail(), { state: State.STOPPING }, at()));
    await expect(write).rejects.toBeInstanceOf(Superseded);
    await releaseClaim(compute.life.ports, late ?? fail(), at());
    expect(await claim(compute)).toEqual([]);
  });

  it('writes no transition that the table does not have', async () => {
    const { compute, at } = await setup();
    await using _ = compute;
    const [job] = await claim(compute);
    const write = inScope(compute.db, 'all', (tx) => changeJob(tx, job ?? fail(), { state: State.PAUSED }, at()));
    await expect(write).rejects.toThrow('cannot become PAUSED');
  });

  it('given back is due when it says, and at once where something was asked meanwhile', async () => {
    const { compute, at, project } = await setup();
    await using _ = compute;
    const release = (job?: JobRow) => releaseClaim(compute.life.ports, job ?? fail(), new Date(at().getTime() + 9_000));
    const [job] = await claim(compute);
    expect(await release(job)).toBe(false);
    expect(await claim(compute)).toEqual([]);

    compute.clock.advance(9_000);
    const [next] = await claim(compute);
    await compute.life.client.cancelJob({ project, id: next?.id ?? '' });
    expect(await release(next)).toBe(true);
    expect(await claim(compute)).toHaveLength(1);
  });

  it('given back after failures is due later each time, and the job says why', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      let [job] = await claim(compute);
      let waited = 0;
      for (; !job; waited += 250) {
        compute.clock.advance(250);
        [job] = await claim(compute);
      }
      waits.push(waited);
      await backOff(compute.life.ports, job, Problem.unavailable('service_unavailable', 'The ledger does not answer.'));
    }
    expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    const { jobs } = await compute.life.client.listJobs({ project });
    expect(jobs[0]?.detail).toBe('It goes on by itself: The ledger does not answer.');
  });

  it('left over from before the clock was set back keeps nobody away', async () => {
    const { compute } = await setup();
    await using _ = compute;
    const [left] = await claim(compute);
    compute.clock.advance(-600_000);
    const [again] = await claim(compute);
    expect(again?.epoch).toBe((left?.epoch ?? 0n) + 1n);
    expect(await claim(compute)).toEqual([]);
  });

  it('is none the weaker for a scheduler whose clock is a little behind', async () => {
    const { compute } = await setup();
    await using _ = compute;
    await claim(compute);
    compute.clock.advance(-1_900);
    expect(await claim(compute)).toEqual([]);
  });

  it('given back before the clock was set back is due when it is looked at next', async () => {
    const { compute, at } = await setup();
    await using _ = compute;
    const [job] = await claim(compute);
    await releaseClaim(compute.life.ports, job ?? fail(), new Date(at().getTime() + 1_000));
    compute.clock.advance(-600_000);
    expect(await claim(compute)).toHaveLength(1);
  });

  it('that runs out while its inputs are laid out starts nothing that has ended meanwhile', async () => {
    const { compute, endsMeanwhile } = await setup();
    await using _ = compute;
    const stale = await compute.restart((at) => (at === 'compute.before-submit' ? endsMeanwhile() : undefined));
    await stale.look();
    expect(compute.engine.started).toEqual([]);
  });

  it('that runs out while the engine is asked leaves nothing running that has ended meanwhile', async () => {
    const { compute, endsMeanwhile } = await setup();
    await using _ = compute;
    const submit = compute.engine.submit.bind(compute.engine);
    compute.engine.submit = (request) => endsMeanwhile().then(() => submit(request));
    const stale = await compute.restart();
    await stale.look();
    expect([...compute.engine.jobs.values()].map(({ stoppedAt }) => stoppedAt)).toEqual([expect.any(Number)]);
  });

  it('is not made on what its own process still works on', async () => {
    const { compute, id } = await setup();
    await using _ = compute;
    expect(await claimDue(compute.life.ports, 10, [id])).toEqual([]);
  });

  it('is made on no more than there are hands for', async () => {
    const { compute, project } = await setup();
    await using _ = compute;
    await compute.submit(project);
    expect(await claimDue(compute.life.ports, 1, [])).toHaveLength(1);
  });
});

async function setup() {
  const compute = await ComputeUnderTest.start();
  const project = compute.project();
  const { id } = await compute.submit(project);
  const other = compute.life;
  /** Time goes by, in which somebody else looks after the job, and it is cancelled. */
  const endsMeanwhile = async (): Promise<void> => {
    compute.clock.advance(3_000);
    await other.client.cancelJob({ project, id });
    await other.look();
    expect((await compute.job(project, id)).state).toBe(State.CANCELLED);
  };
  return { compute, project, id, endsMeanwhile, at: () => compute.clock.now() };
}

const claim = (compute: ComputeUnderTest): Promise<JobRow[]> => claimDue(compute.life.ports, 10, []);

const fail = (): never => {
  throw new Error('There should be a claimed job.');
};
