import { expect, it } from '@jest/globals';
import { Observation_End as End, Observation_State as State } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

export function recoveryCases(bench: Bench): void {
  it('finds a running job again after it was restarted, and rules it as before', async () => {
    const jobId = await bench.script('echo ready; sleep 300', { graceMs: 200n });
    await bench.prints(jobId, 'ready');
    const before = await bench.reaches(jobId, State.RUNNING);
    await bench.restart();
    const after = await bench.observe(jobId);
    expect(after).toMatchObject({ state: State.RUNNING, startedAt: before.startedAt });
    await bench.engine.stop({ jobId });
    expect((await bench.ended(jobId)).end).toBe(End.STOPPED);
  });

  it('knows how a job ended that ended while it was away', async () => {
    const jobId = await bench.script('echo ready; sleep 0.3; echo x > result; exit 6', { outputs: ['result'] });
    await bench.prints(jobId, 'ready');
    await bench.without(async () => {
      while ((await bench.alive(jobId)) > 0) await new Promise(setImmediate);
    });
    expect(await bench.ended(jobId)).toMatchObject({ end: End.EXITED, exitCode: 6 });
    expect(await bench.output(jobId, 'result')).toBe('x\n');
  });

  it.each([false, true])(
    'reports a job as lost whose supervisor was killed (paused: %s), with nothing of it alive',
    async (paused) => {
      const jobId = await bench.script('(setsid sleep 300 &); echo ready; while :; do sleep 0.05; done');
      await bench.prints(jobId, 'ready');
      await bench.engine.setPaused({ jobId, paused });
      await bench.reaches(jobId, paused ? State.PAUSED : State.RUNNING);
      await bench.killSupervisor(jobId);
      const observation = await bench.ended(jobId);
      expect(observation.end).toBe(End.LOST);
      expect(await bench.alive(jobId)).toBe(0);
      expect(
        await bench.engine.submit(
          bench.request({
            jobId,
            command: ['sh', '-c', '(setsid sleep 300 &); echo ready; while :; do sleep 0.05; done'],
          }),
        ),
      ).toEqual(observation);
    },
  );
}
