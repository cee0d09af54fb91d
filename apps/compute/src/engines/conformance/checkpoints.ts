import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Observation_End as End, Observation_State as State } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

/** Prints when it is asked for a checkpoint and when it is told to end, in milliseconds, and ends then. */
const TELLS =
  'trap "echo asked \\$(date +%s%3N)" USR1; trap "echo told \\$(date +%s%3N); exit 0" TERM; echo ready; ' +
  'while :; do sleep 0.02; done';

const DEAF = 'trap "echo asked" USR1; trap "echo told" TERM; echo ready; while :; do sleep 0.02; done';

export function checkpointCases(bench: Bench): void {
  it.each([
    ['its cover', { coverMs: 2_500n }, End.COVER_ENDED],
    ['its time limit', { timeLimitMs: 2_500n }, End.TIME_LIMIT],
  ])('asks for a checkpoint as long before the notice that %s ends as the job wants', async (_, wishes, end) => {
    const { observation, stdout } = await bench.run(TELLS, { ...wishes, graceMs: 500n, checkpointNoticeMs: 1_000n });
    expect(observation).toMatchObject({ end, exitCode: 0 });
    expect(words(stdout)).toEqual(['ready', 'asked', 'told']);
    expect(aheadMs(stdout)).toBeGreaterThanOrEqual(700);
    expect(aheadMs(stdout)).toBeLessThan(1_500);
  });

  it('asks for none where the job wants none', async () => {
    const { stdout } = await bench.run(TELLS, { coverMs: 1_200n, graceMs: 500n, checkpointNoticeMs: 0n });
    expect(words(stdout)).toEqual(['ready', 'told']);
  });

  it('lets a program that has written its checkpoint end by itself, and keeps what it wrote', async () => {
    const { jobId, observation } = await bench.run(
      'trap "echo 42 > state; exit 0" USR1; while :; do sleep 0.02; done',
      {
        coverMs: 3_000n,
        checkpointNoticeMs: 1_500n,
        outputs: ['state'],
      },
    );
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 0 });
    expect(await bench.output(jobId, 'state')).toBe('42\n');
  });

  it('asks once for an end, and again when a job that was given more time comes to another', async () => {
    const jobId = await bench.script(DEAF, { coverMs: 1_600n, graceMs: 200n, checkpointNoticeMs: 500n });
    await bench.prints(jobId, 'asked');
    await bench.engine.extendCover({ jobId, coverMs: 3_500n });
    expect((await bench.ended(jobId)).end).toBe(End.COVER_ENDED);
    expect(words(await bench.log(jobId))).toEqual(['ready', 'asked', 'asked', 'told']);
  });

  it('asks also while nobody is there', async () => {
    const jobId = await bench.script(TELLS, { coverMs: 2_000n, graceMs: 300n, checkpointNoticeMs: 600n });
    await bench.prints(jobId, 'ready');
    await bench.without(async () => {
      while ((await bench.alive(jobId)) > 0) await sleep(50);
    });
    expect((await bench.ended(jobId)).end).toBe(End.COVER_ENDED);
    expect(words(await bench.log(jobId))).toEqual(['ready', 'asked', 'told']);
  });

  it('does not ask while a job is paused, and once when it goes on', async () => {
    const jobId = await bench.script(DEAF, { coverMs: 2_200n, graceMs: 300n, checkpointNoticeMs: 900n });
    await bench.prints(jobId, 'ready');
    await bench.engine.setPaused({ jobId, paused: true });
    await bench.reaches(jobId, State.PAUSED);
    await sleep(1_500);
    await bench.engine.setPaused({ jobId, paused: false });
    expect(words(await bench.log(jobId))).toEqual(['ready']);
    await bench.ended(jobId);
    expect(words(await bench.log(jobId))).toEqual(['ready', 'asked', 'told']);
  });

  it.each([false, true])(
    'asks a job that is to leave for a checkpoint first, and stops it then (paused: %s)',
    async (paused) => {
      const jobId = await bench.script(TELLS, { graceMs: 5_000n, checkpointNoticeMs: 1_000n });
      await bench.prints(jobId, 'ready');
      if (paused) await bench.engine.setPaused({ jobId, paused });
      await bench.reaches(jobId, paused ? State.PAUSED : State.RUNNING);
      for (let n = 0; n < 3; n++) await bench.engine.stop({ jobId, checkpointFirst: true });
      await bench.reaches(jobId, State.STOPPING);
      expect(await bench.ended(jobId)).toMatchObject({ end: End.STOPPED, exitCode: 0 });
      const stdout = await bench.log(jobId);
      expect(words(stdout)).toEqual(['ready', 'asked', 'told']);
      expect(aheadMs(stdout)).toBeGreaterThanOrEqual(700);
    },
  );

  it('stops a job that is to leave at once where it wants no checkpoint, or where somebody will not wait', async () => {
    const without = await bench.script(TELLS, { graceMs: 5_000n });
    await bench.prints(without, 'ready');
    await bench.engine.stop({ jobId: without, checkpointFirst: true });
    expect((await bench.ended(without)).end).toBe(End.STOPPED);
    expect(words(await bench.log(without))).toEqual(['ready', 'told']);

    const hurried = await bench.script(TELLS, { graceMs: 5_000n, checkpointNoticeMs: 600_000n });
    await bench.prints(hurried, 'ready');
    await bench.engine.stop({ jobId: hurried, checkpointFirst: true });
    await bench.prints(hurried, 'asked');
    await bench.engine.stop({ jobId: hurried });
    expect((await bench.ended(hurried)).end).toBe(End.STOPPED);
    expect(words(await bench.log(hurried))).toEqual(['ready', 'asked', 'told']);
  });
}

/** What was printed, without the instants. */
const words = (printed: string): string[] =>
  printed
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');

/** From the checkpoint signal to the notice. */
function aheadMs(printed: string): number {
  const at = (word: string): number => Number(new RegExp(`^${word} (\\d+)$`, 'm').exec(printed)?.[1]);
  return at('told') - at('asked');
}
