import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Observation_End as End, Observation_State as State } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

const TICKING = 'echo ready; (while :; do echo tick; sleep 0.02; done) & for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done';

export function pauseCases(bench: Bench): void {
  it('halts every process of a paused job, and bills none of that time', async () => {
    const began = performance.now();
    const jobId = await bench.script(TICKING, { coverMs: 2_000n, graceMs: 0n });
    await bench.prints(jobId, 'tick');
    await bench.engine.setPaused({ jobId, paused: true });
    const paused = await bench.reaches(jobId, State.PAUSED);
    // What was printed before the pause may still be on its way.
    await sleep(300);
    const printed = (await bench.log(jobId)).length;
    await sleep(1_700);
    expect((await bench.observe(jobId)).usage?.elapsedMs).toBe(paused.usage?.elapsedMs);
    expect((await bench.log(jobId)).length).toBe(printed);

    await bench.engine.setPaused({ jobId, paused: false });
    const ended = await bench.ended(jobId);
    expect(ended).toMatchObject({ end: End.EXITED, exitCode: 0 });
    expect(Number(ended.usage?.elapsedMs)).toBeLessThan(performance.now() - began - 2_000);
  });

  it('stops a job also while it is paused', async () => {
    const jobId = await bench.script('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done', {
      graceMs: 5_000n,
    });
    await bench.prints(jobId, 'ready');
    await bench.engine.setPaused({ jobId, paused: true });
    await bench.reaches(jobId, State.PAUSED);
    await bench.engine.stop({ jobId });
    expect((await bench.ended(jobId)).end).toBe(End.STOPPED);
    expect(await bench.log(jobId)).toBe('ready\nbye\n');
  });
}
