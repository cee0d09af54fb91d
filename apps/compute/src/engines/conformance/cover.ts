import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Observation_End as End } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

export function coverCases(bench: Bench): void {
  it('gives notice before cover ends, and kills at its end', async () => {
    const { observation, stdout } = await bench.run('trap "echo notice" TERM; while :; do sleep 0.02; done', {
      coverMs: 1_000n,
      graceMs: 500n,
    });
    expect(observation).toMatchObject({ end: End.COVER_ENDED, signal: 'SIGKILL' });
    expect(stdout).toBe('notice\n');
    expect(Number(observation.usage?.elapsedMs)).toBeGreaterThanOrEqual(1_000);
    expect(Number(observation.usage?.elapsedMs)).toBeLessThan(2_000);
  });

  it('lets a program that hears the notice end before', async () => {
    const { observation } = await bench.run('trap "exit 0" TERM; while :; do sleep 0.02; done', {
      coverMs: 2_500n,
      graceMs: 2_000n,
    });
    expect(observation).toMatchObject({ end: End.COVER_ENDED, exitCode: 0 });
    expect(Number(observation.usage?.elapsedMs)).toBeLessThan(2_000);
  });

  it('keeps a job whose cover is extended', async () => {
    const jobId = await bench.script('sleep 1.2; echo whole', { coverMs: 700n, graceMs: 0n });
    await bench.engine.extendCover({ jobId, coverMs: 30_000n });
    expect((await bench.ended(jobId)).end).toBe(End.EXITED);
    expect(await bench.log(jobId)).toBe('whole\n');
  });

  it('never shortens cover', async () => {
    const jobId = await bench.script('sleep 0.8; echo whole', { coverMs: 30_000n });
    await bench.engine.extendCover({ jobId, coverMs: 1n });
    await bench.engine.extendCover({ jobId, coverMs: 29_999n });
    expect((await bench.ended(jobId)).end).toBe(End.EXITED);
    expect(await bench.log(jobId)).toBe('whole\n');
  });

  it('stops a job whose cover ends while nobody is there', async () => {
    const jobId = await bench.script('echo ready; sleep 300', { coverMs: 1_200n, graceMs: 200n });
    await bench.prints(jobId, 'ready');
    await bench.without(async () => {
      await sleep(1_800);
      expect(await bench.alive(jobId)).toBe(0);
    });
    expect((await bench.ended(jobId)).end).toBe(End.COVER_ENDED);
  });
}
