import { expect, it } from '@jest/globals';
import { Observation_End as End } from '@kontor/contracts/engine/v1/engine';
import type { Bench } from './bench.ts';

export function programCases(bench: Bench): void {
  it.each([0, 7, 143, 255])('reports the exit code %d of a program that ends by itself', async (code) => {
    const { observation } = await bench.run(`exit ${code}`);
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: code, signal: '' });
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'])('reports %s where the program was ended by it', async (signal) => {
    const { observation } = await bench.run(`kill -${signal.slice(3)} $$`);
    expect(observation).toMatchObject({ end: End.EXITED, signal });
    expect(observation.exitCode).toBeUndefined();
  });

  it('passes arguments as they are, never through a shell', async () => {
    const words = ['$HOME', '`id`', 'two words', '', '"', "it's", '*', 'привет 你好 🎉', 'line\nbreak'];
    const jobId = await bench.submit({
      command: ['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', ...words],
    });
    await bench.ended(jobId);
    expect(JSON.parse(await bench.log(jobId))).toEqual(words);
  });

  it('gives the program its environment, a home, a search path, and nothing of its own', async () => {
    const environment = { GREETING: 'grüß Gott', QUOTES: `'"\`$(id)\\`, LINES: 'a\nb\n', EMPTY: '' };
    const jobId = await bench.submit({ command: ['node', '-p', 'JSON.stringify(process.env)'], environment });
    await bench.ended(jobId);
    const found = JSON.parse(await bench.log(jobId)) as Record<string, string>;
    expect(found).toMatchObject({ ...environment, KONTOR_JOB_ID: jobId });
    expect(
      Object.keys(found)
        .filter((name) => !(name in environment))
        .sort(),
    ).toEqual(expect.arrayContaining(['HOME', 'KONTOR_JOB_ID', 'LANG', 'PATH']));
    expect(Object.keys(found).filter((name) => /TOKEN|SECRET|TLS|DATABASE|NODE_/i.test(name))).toEqual([]);
  });

  it('keeps a program that has one core on one core', async () => {
    if (!bench.node.acceleratorClass.startsWith('cpu.')) return;
    const jobId = await bench.submit({ command: ['nproc'], devices: 1 });
    await bench.ended(jobId);
    expect((await bench.log(jobId)).trim()).toBe('1');
  });

  it('gives the program a big environment', async () => {
    const environment = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`BIG_${n}`, `${n}`.repeat(1500)]));
    const jobId = await bench.submit({
      command: [
        'node',
        '-p',
        'Object.entries(process.env).filter(([k]) => k.startsWith("BIG_")).map(([, v]) => v).join("").length',
      ],
      environment,
    });
    await bench.ended(jobId);
    expect(Number(await bench.log(jobId))).toBe(Object.values(environment).join('').length);
  });

  it('runs the program in its home, with nothing on standard input', async () => {
    const { stdout } = await bench.run('cat; [ "$PWD" = "$HOME" ] && echo at home');
    expect(stdout).toBe('at home\n');
  });

  it('says that a program was not started which is not there or not executable', async () => {
    const sha256 = await bench.stage('just text');
    const missing = await bench.ended(await bench.submit({ command: ['no-such-program', 'x'] }));
    const folder = await bench.ended(await bench.submit({ command: ['/usr'] }));
    for (const observation of [missing, folder]) {
      expect(observation).toMatchObject({ end: End.NOT_STARTED, usage: { elapsedMs: 0n } });
      expect(observation.detail).toMatch(/There is no program/);
    }
    const { observation, stdout } = await bench.run('cat here/text; echo x >> here/text || echo read-only', {
      inputs: [{ path: 'here/text', sha256 }],
    });
    expect(observation.end).toBe(End.EXITED);
    expect(stdout).toBe('just textread-only\n');
  });

  it('notices the end of a program that had halted itself', async () => {
    const { observation } = await bench.run('(sleep 0.2; kill -CONT $$) & kill -STOP $$; exit 9');
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 9 });
  });

  it('lets a program signal its own process group, and nobody else', async () => {
    const { observation } = await bench.run('kill -KILL 0');
    expect(observation).toMatchObject({ end: End.EXITED, signal: 'SIGKILL' });
  });

  it('tells a program that exits with 127 from one that is not there', async () => {
    const { observation } = await bench.run('exit 127');
    expect(observation).toMatchObject({ end: End.EXITED, exitCode: 127 });
  });
}
