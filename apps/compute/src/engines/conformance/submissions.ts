import { expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Observation_End as End, Observation_State as State } from '@kontor/contracts/engine/v1/engine';
import { digestOf, type Bench, type JobWishes } from './bench.ts';

export function submissionCases(bench: Bench): void {
  it('starts a job once, however often it is submitted', async () => {
    const request = bench.request({ command: ['sh', '-c', 'echo started; sleep 0.2'] });
    await Promise.all([1, 2, 3, 4].map(() => bench.engine.submit(request)));
    await bench.ended(request.jobId);
    expect((await bench.engine.submit(request)).state).toBe(State.ENDED);
    expect(await bench.log(request.jobId)).toBe('started\n');
  });

  it('refuses the same id with other content, and leaves the job as it is', async () => {
    const { jobId } = await bench.run('echo first');
    await expect(bench.script('echo second', { jobId })).rejects.toMatchObject({
      code: 'exists_with_different_content',
    });
    expect(await bench.log(jobId)).toBe('first\n');
  });

  it('takes the same content in another order, and with other cover, for the same job', async () => {
    const jobId = randomUUID();
    await bench.run('true', { jobId, environment: { A: '1', B: '2' } });
    await expect(bench.script('true', { jobId, environment: { B: '2', A: '1' }, coverMs: 1n })).resolves.toBe(jobId);
  });

  it.each<[string, JobWishes, string]>([
    [
      'an input that is not in the store',
      { inputs: [{ path: 'a', sha256: digestOf('never staged') }] },
      'files_missing',
    ],
    ['a class that the node does not have', { acceleratorClass: 'nvidia.none.1g' }, 'wrong_accelerator_class'],
    ['a variable that no program could be given', { environment: { 'A=B': 'c' } }, 'bad_variable_name'],
    ['a zero byte in the command', { command: ['echo', 'a\0b'] }, 'invalid_request'],
  ])('refuses a job with %s, and knows nothing of it afterwards', async (_, wishes, code) => {
    const request = bench.request({ command: ['true'], ...wishes });
    await expect(bench.engine.submit(request)).rejects.toMatchObject({ code });
    expect((await bench.engine.observe({ jobIds: [request.jobId] })).observations).toEqual([]);
  });

  it('refuses a node and a device that are not there', async () => {
    await expect(
      bench.engine.submit({ ...bench.request({ command: ['true'] }), node: 'nowhere' }),
    ).rejects.toMatchObject({ code: 'node_not_found' });
    await expect(
      bench.engine.submit({ ...bench.request({ command: ['true'] }), devices: [9999] }),
    ).rejects.toMatchObject({ code: 'no_such_device' });
  });

  it('does not know an id it was never given, whatever is asked of it', async () => {
    const jobId = randomUUID();
    const unknown = { code: 'job_not_found' };
    expect((await bench.engine.observe({ jobIds: [jobId] })).observations).toEqual([]);
    await expect(bench.engine.stop({ jobId })).rejects.toMatchObject(unknown);
    await expect(bench.engine.extendCover({ jobId, coverMs: 1n })).rejects.toMatchObject(unknown);
    await expect(bench.engine.setPaused({ jobId, paused: true })).rejects.toMatchObject(unknown);
    await expect(bench.log(jobId)).rejects.toMatchObject(unknown);
    await expect(bench.output(jobId, 'a')).rejects.toMatchObject(unknown);
    await expect(bench.engine.forget({ jobId })).resolves.toBeDefined();
  });

  it('observes every job it knows when none is named', async () => {
    const { jobId } = await bench.run('true');
    const { observations } = await bench.engine.observe({});
    expect(observations.find((one) => one.jobId === jobId)?.end).toBe(End.EXITED);
  });

  it('forgets an ended job, and only an ended one', async () => {
    const jobId = await bench.script('sleep 30');
    await expect(bench.engine.forget({ jobId })).rejects.toMatchObject({ code: 'job_not_ended' });
    await bench.engine.stop({ jobId });
    await bench.ended(jobId);
    await bench.engine.forget({ jobId });
    await bench.engine.forget({ jobId });
    expect((await bench.engine.observe({ jobIds: [jobId] })).observations).toEqual([]);
  });
}
