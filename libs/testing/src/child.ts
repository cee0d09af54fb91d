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
  /** Waits until it has printed something that matches. */
  prints(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
}

/** Starts a program of ours for a test. `await using` it, and it is gone at the end, whatever happens. */
export function startChild(command: string, args: string[], env: Record<string, string> = {}, cwd = '.'): Child {
  const child: ChildProcess = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    kill: (signal) => void child.kill(signal),
    prints: (pattern, withinMs = 30_000) =>
      eventually(`${command} prints ${pattern}, so far: ${output}`, () => output.match(pattern) ?? false, { withinMs }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
