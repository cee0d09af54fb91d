import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Child extends AsyncDisposable {
  pid: number;
  /** Everything it has printed so far, stdout and stderr together. */
  output(): string;
  /** Resolves with its exit code, or the name of the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has printed something that matches; fails at once when it ends without. */
  prints(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  /** Waits until `probe` neither throws nor answers false; fails with what it printed, at once when it ends without. */
  until(probe: () => Promise<unknown>, withinMs?: number): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a program of the repository, named by its path from the root, with this Node. */
export const startProgram = (program: string, args: string[], env: Record<string, string>): Child =>
  startChild(process.execPath, [program, ...args], env, ROOT);

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
    async until(probe, withinMs = 20_000) {
      const ready = async () => hasEnded() || ((await probe()) ?? true);
      const why = await eventually('it is ready', ready, { withinMs, everyMs: 50 }).then(
        () => (hasEnded() ? 'it ended' : undefined),
        (error: Error) => error.message,
      );
      if (why) throw new Error(`${[command, ...args].join(' ')} is not ready: ${why}. It printed:\n${output}`);
    },
    async stop() {
      if (!hasEnded()) child.kill('SIGTERM');
      await exited.catch(() => undefined);
    },
    async [Symbol.asyncDispose]() {
      if (!hasEnded()) child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
