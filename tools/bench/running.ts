import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS_MAX = 20_000;

/** A program of ours that runs beside the benchmark. */
export interface Running {
  pid: number;
  /** Waits until `probe` succeeds. Throws with what the program printed where it does not. */
  until(probe: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a program with this Node; `program` is a path from the root of the repository. */
export function startProcess(program: string, args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-10_000)));
  return {
    pid: child.pid ?? 0,
    async until(probe) {
      const deadline = performance.now() + READY_MS_MAX;
      for (;;) {
        try {
          await probe();
          return;
        } catch (error) {
          if (child.exitCode !== null || performance.now() > deadline)
            throw new Error(`${program} is not ready: ${printed}`, { cause: error });
          await sleep(50);
        }
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
