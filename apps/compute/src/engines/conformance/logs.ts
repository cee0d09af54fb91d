import { expect, it } from '@jest/globals';
import { Observation_End as End, ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { textOf, type Bench } from './bench.ts';

export function logCases(bench: Bench): void {
  it('keeps standard output and standard error apart', async () => {
    const { stdout, stderr } = await bench.run('echo out; echo err >&2; echo again > /dev/stdout');
    expect({ stdout, stderr }).toEqual({ stdout: 'out\nagain\n', stderr: 'err\n' });
  });

  it('reads a log from an offset on, and nothing beyond its end', async () => {
    const { jobId } = await bench.run('printf 0123456789');
    const pieces = await Array.fromAsync(bench.engine.readLog({ jobId, stream: Stream.STDOUT, offset: 4n }));
    expect(pieces[0]?.offset).toBe(4n);
    expect(await textOf(bench.engine.readLog({ jobId, stream: Stream.STDOUT, offset: 4n }))).toBe('456789');
    expect(await textOf(bench.engine.readLog({ jobId, stream: Stream.STDOUT, offset: 400n }))).toBe('');
  });

  it('follows a log from the first line to the last, while it is written', async () => {
    const jobId = await bench.script('for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done');
    expect(await textOf(bench.engine.readLog({ jobId, stream: Stream.STDOUT, follow: true }))).toBe(
      'line 1\nline 2\nline 3\nline 4\nline 5\n',
    );
  });

  it('stops following when nobody listens any more', async () => {
    const jobId = await bench.script('echo first; sleep 30');
    for await (const { data } of bench.engine.readLog({ jobId, stream: Stream.STDOUT, follow: true })) {
      expect(Buffer.from(data).toString()).toBe('first\n');
      break;
    }
    await bench.engine.stop({ jobId });
    await bench.ended(jobId);
  });

  it('keeps the first bytes of one that prints without end, counts the rest, and lets it go on', async () => {
    const printed = 200 * 1024 * 1024;
    const { jobId, observation } = await bench.run(`echo first; head -c ${printed} /dev/zero; exit 5`, {
      logBytes: 10_000n,
    });
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 5, usage: { logBytes: BigInt(printed + 6) } });
    const kept = await bench.log(jobId);
    expect(kept.length).toBe(10_000);
    expect(kept.startsWith('first\n')).toBe(true);
  });
}
