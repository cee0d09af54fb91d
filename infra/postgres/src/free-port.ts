import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions } from 'node:net';

/** Below those of outgoing connections, which may take any port between its choice and its use. */
const PORTS = { from: 10_000, below: 32_768 };
const ATTEMPTS_MAX = 1_000;

/** A TCP port of 127.0.0.1 that nobody listens on, and that is given to nobody else while this process lives. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORTS.from, PORTS.below);
    if ((await claim(port)) && (await isFree(port))) return port;
  }
  throw new Error(`No port from ${PORTS.from} to ${PORTS.below - 1} is free.`);
}

/** An abstract socket of Linux: one process at a time can have its name, and the kernel gives it back at its end. */
async function claim(port: number): Promise<boolean> {
  const claimed = await listen({ path: `\0kontor-port-${port}` });
  claimed?.unref();
  return claimed !== undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: '127.0.0.1' });
  await server?.[Symbol.asyncDispose]();
  return server !== undefined;
}

async function listen(options: ListenOptions) {
  const server = createServer();
  try {
    server.listen(options);
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
