import { describe, expect, it } from '@jest/globals';
import { startChild, startProgram } from './child.ts';

const NODE = process.execPath;

describe('a child process of a test', () => {
  it('tells what it prints on either stream and how it ends', async () => {
    await using child = startChild(NODE, ['-e', 'console.log("ready"); console.error("oops"); process.exitCode = 3']);
    await child.prints(/ready[^]*oops|oops[^]*ready/);
    expect(await child.exited).toBe(3);
  });

  it('can be killed like a power cut', async () => {
    await using child = startChild(NODE, ['-e', 'console.log(process.env.GREETING); setInterval(() => 0, 1e6)'], {
      GREETING: 'hello',
    });
    await child.prints(/hello/);
    child.kill('SIGKILL');
    expect(await child.exited).toBe('SIGKILL');
  });

  it('is gone when the test is', async () => {
    let pid: number;
    {
      await using child = startChild(NODE, ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1e6)']);
      pid = child.pid;
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('says what it printed instead of what was awaited', async () => {
    await using child = startChild(NODE, ['-e', 'console.log("something else"); setInterval(() => 0, 1e6)']);
    await child.prints(/something/);
    await expect(child.prints(/never/, 50)).rejects.toThrow(/did not print \/never\/: Waited 50 ms[^]*something else/);
  });

  it('that ends before it prints what was awaited is not waited for', async () => {
    await using child = startChild(NODE, ['-e', 'console.error("no luck"); process.exitCode = 1']);
    await expect(child.prints(/ready/)).rejects.toThrow(/did not print \/ready\/: ended. It printed:\nno luck/);
  });

  it('is waited for until it answers, and asked to end', async () => {
    await using child = startChild(NODE, [
      '-e',
      'process.on("SIGTERM", () => process.exit(7)); setInterval(() => 0, 9)',
    ]);
    let asked = 0;
    await child.until(async () => ++asked > 2 && undefined);
    expect(asked).toBe(3);
    await child.stop();
    expect(await child.exited).toBe(7);
  });

  it('that ends is not asked whether it answers, and what it printed is said', async () => {
    await using child = startProgram('no/such/program.js', [], {});
    const refused = () => Promise.reject(new Error('nobody answers'));
    await expect(child.until(refused)).rejects.toThrow(/is not ready: it ended. It printed:[^]*Cannot find module/);
    await child.stop();
  });

  it('that never answers is not waited for without end', async () => {
    await using child = startChild(NODE, ['-e', 'setInterval(() => 0, 1e6)']);
    await expect(child.until(() => Promise.resolve(false), 60)).rejects.toThrow(/not ready: Waited 60 ms/);
  });
});
