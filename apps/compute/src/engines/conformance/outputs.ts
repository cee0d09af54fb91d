import { expect, it } from '@jest/globals';
import { Observation_End as End } from '@kontor/contracts/engine/v1/engine';
import { digestOf, type Bench } from './bench.ts';

export function outputCases(bench: Bench): void {
  it('lays inputs into the working folder and keeps declared outputs with their digests', async () => {
    const sha256 = await bench.stage('one two three');
    const { jobId, observation } = await bench.run(
      'mkdir -p out/deep; wc -w < in/words > out/deep/count; cp in/words copy',
      {
        inputs: [{ path: 'in/words', sha256 }],
        outputs: ['out/deep/count', 'copy', 'never-made'],
      },
    );
    expect(observation.outputs).toMatchObject([
      { path: 'out/deep/count', sha256: digestOf('3\n'), sizeBytes: 2n },
      { path: 'copy', sha256, sizeBytes: 13n },
    ]);
    expect(await bench.output(jobId, 'out/deep/count')).toBe('3\n');
    expect(await bench.output(jobId, 'copy')).toBe('one two three');
  });

  it('keeps the outputs of a program that failed', async () => {
    const { jobId } = await bench.run('echo half > result; exit 1', { outputs: ['result'] });
    expect(await bench.output(jobId, 'result')).toBe('half\n');
  });

  it('keeps the outputs that a program has locked, and charges for it as for any other', async () => {
    const { jobId, observation } = await bench.run(
      'mkdir d; echo x > d/result; chmod 000 d/result; chmod 555 d; echo y > plain; chmod 000 plain',
      { outputs: ['d/result', 'plain'] },
    );
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 0 });
    expect(await bench.output(jobId, 'd/result')).toBe('x\n');
    expect(await bench.output(jobId, 'plain')).toBe('y\n');
  });

  it('keeps nothing that was not declared', async () => {
    const { jobId } = await bench.run('echo x > declared; echo y > other', { outputs: ['declared'] });
    await expect(bench.output(jobId, 'other')).rejects.toMatchObject({ code: 'output_not_found' });
    await expect(bench.output(jobId, '../spec.json')).rejects.toMatchObject({ code: 'output_not_found' });
  });

  it('follows no symbolic link to an output, and takes no pipe or folder for one', async () => {
    const { observation } = await bench.run(
      'ln -s /etc/passwd link; ln -s /etc folder; mkfifo pipe; mkdir real; ln -s real/x inside; echo x > real/x',
      {
        outputs: ['link', 'folder/passwd', 'pipe', 'real', 'inside', 'real/x'],
      },
    );
    expect(observation.outputs.map(({ path }) => path)).toEqual(['real/x']);
  });

  it('gives no output before the job has ended', async () => {
    const jobId = await bench.script('echo x > result; echo made; sleep 30', { outputs: ['result'] });
    await bench.prints(jobId, 'made');
    await expect(bench.output(jobId, 'result')).rejects.toMatchObject({ code: 'job_not_ended' });
    await bench.engine.stop({ jobId });
    await bench.ended(jobId);
    expect(await bench.output(jobId, 'result')).toBe('x\n');
  });
}
