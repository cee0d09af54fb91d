import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

const DAY_MS = 86_400_000;

describe('what a job has left', () => {
  it('is deleted once the operator keeps it no longer, and whoever reads it is told so', async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, id, forget } = await anEndedJob(compute);
    compute.clock.advance(29 * DAY_MS);
    await forget();
    expect(await read(compute, { project, id })).toEqual(['read', 'read']);

    compute.clock.advance(2 * DAY_MS);
    await forget();
    await forget();
    expect(compute.engine.jobs.size).toBe(0);
    expect(await read(compute, { project, id })).toEqual(['job_forgotten', 'job_forgotten']);
    const job = await compute.job(project, id);
    expect([State[job.state], job.forgottenAt !== undefined]).toEqual(['SUCCEEDED', true]);
    expect((await compute.journal(id)).filter((action) => action === 'job.forgotten')).toHaveLength(1);
  });

  it('is deleted later where the engine could not, and holds up no other', async () => {
    await using compute = await ComputeUnderTest.start();
    const [first, second] = [await anEndedJob(compute), await anEndedJob(compute)];
    const areForgotten = async (): Promise<boolean[]> =>
      Promise.all([first, second].map(async ({ project, id }) => !!(await compute.job(project, id)).forgottenAt));
    compute.clock.advance(31 * DAY_MS);
    compute.engineFaults.plan('forget', 'after');
    await first.forget();
    expect(await areForgotten()).toEqual([false, true]);
    await first.forget();
    expect(await areForgotten()).toEqual([true, true]);
  });

  it('is kept while it runs, however long that is', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    await compute.pass(2);
    compute.clock.advance(31 * DAY_MS);
    await compute.life.retention.forgetOld();
    expect((await compute.job(project, id)).forgottenAt).toBeUndefined();
    expect(compute.engine.jobs.size).toBe(1);
  });
});

async function anEndedJob(compute: ComputeUnderTest) {
  const project = compute.project();
  const { id } = await compute.submit(project, { outputs: ['out'] });
  await compute.end(project, id);
  return { project, id, forget: () => compute.life.retention.forgetOld() };
}

/** What comes of reading a job's log and its output. */
async function read(compute: ComputeUnderTest, job: { project: { tenantId: string; projectId: string }; id: string }) {
  const { client } = compute.life;
  const whole = async (parts: AsyncIterable<object>): Promise<string> => {
    try {
      for await (const _ of parts);
      return 'read';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return [
    await whole(client.readJobLog({ ...job, stream: Stream.STDOUT })),
    await whole(client.readJobOutput({ ...job, path: 'out' })),
  ];
}
