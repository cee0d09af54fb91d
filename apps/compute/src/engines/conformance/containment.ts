import { expect, it } from '@jest/globals';
import { Observation_End as End } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

/** Twenty threads that stay, in one process. */
const THREADS = `const { Worker } = require('worker_threads');
  for (let n = 0; n < 20; n++) new Worker('setInterval(() => 0, 1000)', { eval: true });`;

export function containmentCases(bench: Bench): void {
  it('contains a fork bomb, and leaves nothing of it alive', async () => {
    const { jobId, observation } = await bench.run('bomb() { bomb | bomb & }; bomb; sleep 30', {
      processes: 20,
      timeLimitMs: 2_000n,
      graceMs: 0n,
    });
    // It may be stopped for its processes, or fail by itself because it gets no more of them.
    expect(['PROCESS_LIMIT', 'EXITED', 'TIME_LIMIT']).toContain(End[observation.end]);
    expect(await bench.alive(jobId)).toBe(0);
  });

  it('ends a job that has more processes than it asked for', async () => {
    const { jobId, observation } = await bench.run('for i in $(seq 30); do sleep 30 & done; wait', { processes: 20 });
    expect(End[observation.end]).toBe('PROCESS_LIMIT');
    expect(await bench.alive(jobId)).toBe(0);
  });

  it('counts threads as processes', async () => {
    const jobId = await bench.submit({
      command: ['node', '-e', THREADS],
      processes: 20,
      memoryBytes: 1024n ** 3n,
    });
    expect(End[(await bench.ended(jobId)).end]).toBe('PROCESS_LIMIT');
  });

  it('leaves no daemon behind that forked twice', async () => {
    const { jobId, observation } = await bench.run(
      '(setsid sh -c "sleep 300 & sleep 300" > /dev/null 2>&1 &); echo parent done',
    );
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 0 });
    expect(await bench.alive(jobId)).toBe(0);
  });

  it('leaves nothing behind that holds on to the log', async () => {
    const { jobId, observation } = await bench.run('(setsid sleep 300 &); echo printed');
    expect(observation.end).toBe(End.EXITED);
    expect(await bench.log(jobId)).toBe('printed\n');
    expect(await bench.alive(jobId)).toBe(0);
  });
}
