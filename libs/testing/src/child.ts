import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';

export interface Child extends AsyncDisposable {
  pid: number;
  /** Everything it has printed so far, stdout and stderr together. */
  output(): string;
  /** Resolves with its exit code, or the name of the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has printed something that matches; fails at once when it ends without. */
  prints(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
}

/** Starts a program of ours for a test. `await using` it, and it is gone at the end, whatever happens. */
export function startChild(command: string, args: string[], env: Record<string, string> = {}, cwd = '.'): Child {
  const child: ChildProcess = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  let hasClosed = false;
  child.once('close', () => (hasClosed = true));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    kill: (signal) => void child.kill(signal),
    prints: async (pattern, withinMs = 30_000) => {
      const found = await eventually(
        `${command} prints ${pattern}`,
        () => output.match(pattern) ?? (hasClosed && 'ended'),
        { withinMs },
      ).catch((error: Error) => error.message);
      if (typeof found === 'object') return found;
      throw new Error(`${command} did not print ${pattern}: ${found}. It printed:\n${output}`);
    },
    async [Symbol.asyncDispose]() {
      if (!hasEnded()) child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
