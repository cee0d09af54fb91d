import { expect, it } from '@jest/globals';
import { Observation_End as End, Observation_State as State } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

export function stopCases(bench: Bench): void {
  it('lets a program that is told to stop finish within its grace', async () => {
    const jobId = await bench.script(
      'trap "echo saved > state; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
      {
        graceMs: 10_000n,
        outputs: ['state'],
      },
    );
    await bench.prints(jobId, 'ready');
    await bench.engine.stop({ jobId });
    expect(await bench.ended(jobId)).toMatchObject({ end: End.STOPPED, exitCode: 3, outputs: [{ path: 'state' }] });
  });

  it('kills a program that ignores it, with everything it started, when its grace is over', async () => {
    const jobId = await bench.script(
      'trap "" TERM; (trap "" TERM; sleep 300) & echo ready; while :; do sleep 0.05; done',
      { graceMs: 400n },
    );
    await bench.prints(jobId, 'ready');
    await bench.engine.stop({ jobId });
    await bench.reaches(jobId, State.STOPPING);
    expect(await bench.ended(jobId)).toMatchObject({ end: End.STOPPED, signal: 'SIGKILL' });
    expect(await bench.alive(jobId)).toBe(0);
  });

  it('stops a job once, however often it is told', async () => {
    const jobId = await bench.script('trap "echo told" TERM; echo ready; while :; do sleep 0.05; done', {
      graceMs: 600n,
    });
    await bench.prints(jobId, 'ready');
    for (let n = 0; n < 5; n++) await bench.engine.stop({ jobId });
    expect((await bench.ended(jobId)).end).toBe(End.STOPPED);
    expect(await bench.log(jobId)).toBe('ready\ntold\n');
  });

  it('leaves an ended job as it ended', async () => {
    const { jobId, observation } = await bench.run('exit 4');
    expect(await bench.engine.stop({ jobId })).toEqual(observation);
    expect(await bench.engine.extendCover({ jobId, coverMs: 90_000n })).toEqual(observation);
    expect(await bench.engine.setPaused({ jobId, paused: true })).toEqual(observation);
  });

  it('stops a job that was told to before it could start', async () => {
    const jobId = await bench.script('sleep 30');
    await bench.engine.stop({ jobId });
    expect((await bench.ended(jobId)).end).toBe(End.STOPPED);
  });
}
