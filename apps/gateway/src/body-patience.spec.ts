import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, request, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, SERVICES } from '../testing/gateway-under-test.ts';
import { arriving, boundSlowness, cutUnread } from './body-patience.ts';
import { answerClientError } from './client-error.ts';

const PATIENCE = { stillMs: 300, bytesPerSecondMin: 1_000 };

describe('a slow body', () => {
  it('is not bounded in whole by the gateway; headers are', async () => {
    const servers = new Set<Server>();
    const see = (message: unknown) => void servers.add((message as { server: Server }).server);
    subscribe('http.server.request.start', see);
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    expect(await it.get('/v1/me')).toMatchObject({ status: 200 });
    unsubscribe('http.server.request.start', see);
    const port = Number(new URL(it.url).port);
    const gateway = [...servers].find((server) => (server.address() as AddressInfo | null)?.port === port);
    expect(gateway).toMatchObject({ requestTimeout: 0, headersTimeout: 20_000 });
  });

  it('is refused before it begins where headers do not end, and its connection is closed', async () => {
    const server = createServer({ connectionsCheckingInterval: 50, requestTimeout: 300, headersTimeout: 300 });
    server.on('clientError', answerClientError);
    await using it = await serve(server, async () => 0);
    const socket = connect({ host: '127.0.0.1', port: it.port, allowHalfOpen: true });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 .*request_too_slow/s);
    await eventually('the connection is closed', () => isClosed(server));
    socket.destroy();
  });

  it('may take longer than any whole request could before', async () => {
    const server = createServer({ connectionsCheckingInterval: 50, requestTimeout: 300, headersTimeout: 300 });
    await using it = await serve(server, (incoming) => sizeOf(arriving(incoming, PATIENCE)));
    boundSlowness(server);
    expect(await send(it.begin(), Array<string>(9).fill('x'.repeat(200)), 100)).toBe('200 1800');
  });

  it('is refused when it stands still, or comes too slowly for too long', async () => {
    await using it = await serve(createServer(), (incoming) => sizeOf(arriving(incoming, PATIENCE)));
    expect(await send(it.begin(), ['x', 'x'], 500)).toBe('408 request_too_slow');
    expect(await send(it.begin(), Array<string>(10).fill('x'), 50)).toBe('408 request_too_slow');
  });

  it('is not refused because its reader takes its time', async () => {
    const body = new PassThrough();
    body.write('x');
    const pieces = arriving(body, PATIENCE);
    await pieces.next();
    await sleep(400);
    body.end('y');
    expect(await pieces.next()).toMatchObject({ done: false });
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('that nobody reads is cut some time after the reply', async () => {
    await using it = await serve(createServer(), async () => 0);
    const since = performance.now();
    const socket = connect({ host: '127.0.0.1', port: it.port });
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 .*\r\n\r\n0$/s);
    expect(performance.now() - since).toBeGreaterThan(250);
  });
});

const isClosed = (server: Server) =>
  new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 0)));

async function sizeOf(pieces: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const piece of pieces) size += piece.length;
  return size;
}

/** Answers each request with what `answer` makes of it: a size, or the code of what was wrong. */
async function serve(server: Server, answer: (incoming: IncomingMessage) => Promise<number>) {
  server.on('request', (incoming, response) => {
    cutUnread(PATIENCE)(incoming, response, () => undefined);
    const refuse = ({ code }: { code: string }) => response.writeHead(408).end(code);
    answer(incoming).then((size) => response.end(String(size)), refuse);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    begin: () => request({ port, method: 'PUT', agent: false }),
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  };
}

/** Sends pieces, each so many milliseconds after the one before, and says what was answered. */
async function send(outgoing: ClientRequest, pieces: string[], everyMs: number): Promise<string> {
  const reply = new Promise<string>((resolve, reject) => {
    outgoing.on('error', reject).on('response', (incoming) => {
      text(incoming).then((body) => resolve(`${incoming.statusCode} ${body}`), reject);
    });
  });
  for (const piece of pieces) {
    outgoing.write(piece);
    await sleep(everyMs);
  }
  outgoing.end();
  return reply;
}
