import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Response } from 'express';
import { goneSignal, streamReply } from './stream-reply.ts';

describe('a stream for a caller who hung up before it began', () => {
  it('is told so at once, because nothing will tell it later', async () => {
    await using it = await setup();
    expect(goneSignal(await it.abandoned()).aborted).toBe(true);
  });

  it('is given up, whether or not it has begun', async () => {
    await using it = await setup();
    const pieces = source();
    await streamReply(await it.abandoned(), {}, pieces);
    expect(pieces.isOver()).toBe(true);
  });
});

/** Pieces without an end, from something that has to be closed. */
function source() {
  let isOver = false;
  async function* pieces() {
    try {
      for (;;) yield { data: Buffer.from('x') };
    } finally {
      isOver = true;
    }
  }
  return Object.assign(pieces(), { isOver: () => isOver });
}

async function setup() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  /** The reply to a request whose sender is gone. */
  const abandoned = async () => {
    const caller = connect(port, '127.0.0.1', () => caller.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    caller.destroy();
    await once(response, 'close');
    return response as Response;
  };
  return { abandoned, [Symbol.asyncDispose]: async () => void server.close() };
}
