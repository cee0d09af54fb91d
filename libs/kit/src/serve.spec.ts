import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as grpc from '@grpc/grpc-js';
import { Injectable, Module } from '@nestjs/common';
import { EngineService, type ReadLogRequest } from '@kontor/contracts/engine/v1/engine';
import { Problem_Kind as Kind, ProblemSchema } from '@kontor/contracts/problem/v1/problem';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import type { DescService } from '@bufbuild/protobuf';
import { ContextVerifier } from './caller-context.ts';
import { answer } from './answer.ts';
import { SystemClock } from './clock.ts';
import { connect } from './connect.ts';
import type { Call, Serves } from './grpc.ts';
import { inProcess } from './in-process.ts';
import { logger } from './log.ts';
import { Problem } from './problem.ts';
import { rpc, serve, type Served } from './serve.ts';

const ID = '01938b2e-4b5c-7d2a-9c3e-5f6a7b8c9d0e';
const LOG = { jobId: ID, stream: 1 } as const;

/** An engine that says how it was called, and misbehaves on demand through the job's log offset. */
@Injectable()
class EchoEngine implements Serves<typeof EngineService> {
  calls: Call[] = [];
  written = 0;

  async getCapacity(_: object, call: Call) {
    this.calls.push(call);
    return { engine: call.caller };
  }
  async observe({ jobIds }: { jobIds: string[] }) {
    if (jobIds.length === 0) throw Problem.refused('nothing_asked', 'No job is named.', 'Name one.');
    if (jobIds.length > 1) throw new TypeError('a bug with a secret');
    return { observations: [{ jobId: jobIds[0]!, usage: { elapsedMs: 2n ** 63n - 1n } }] };
  }
  async stageFile(messages: AsyncIterable<{ data: Uint8Array }>) {
    let size = 0n;
    for await (const { data } of messages) size += BigInt(data.length);
    return { sizeBytes: size };
  }
  async *readLog({ offset }: ReadLogRequest, call: Call) {
    this.calls.push(call);
    if (offset === 9n) throw Problem.notFound('job', ID);
    if (offset === 6n) await aborted(call);
    for (let n = 0n; offset === 0n ? n < 3n : true; n++) {
      if (offset === 2n && n === 2n) throw Problem.unavailable('engine_gone', 'The engine went away.');
      this.written++;
      yield { offset: n, data: new Uint8Array(offset === 5n ? 65_536 : 1) };
      if (offset === 5n) await turn();
    }
  }
  readonly listMissingFiles = async () => ({});
  readonly submit = async () => ({});
  readonly extendCover = async () => ({});
  readonly stop = (_: object, call: Call) =>
    new Promise<object>((resolve) => {
      this.calls.push(call);
      call.signal.addEventListener('abort', () => resolve({}));
    });
  readonly setPaused = async () => ({});
  readonly forget = async () => ({});
  async *readOutput() {
    yield* [];
  }
}

@Module({ providers: [EchoEngine] })
class EchoModule {}

describe('a served contract', () => {
  it('answers a caller it is open to, and knows its name', async () => {
    const { client } = await setup();
    expect(await client.getCapacity({})).toMatchObject({ engine: 'compute' });
  });

  it('carries an int64 exactly', async () => {
    const { client } = await setup();
    const { observations } = await client.observe({ jobIds: [ID] });
    expect(observations[0]?.usage?.elapsedMs).toBe(9223372036854775807n);
  });

  it('refuses a service that the contract does not name, and one without a certificate of ours', async () => {
    const { connectAs, address } = await setup();
    await expect(connectAs('gateway').getCapacity({})).rejects.toMatchObject({ code: 'caller_not_allowed' });
    const bare = new grpc.Client(address, grpc.credentials.createInsecure());
    const path = '/kontor.engine.v1.EngineService/GetCapacity';
    const error = await new Promise<grpc.ServiceError | null>((resolve) => {
      bare.makeUnaryRequest(
        path,
        (b: Buffer) => b,
        (b) => b,
        Buffer.alloc(0),
        { deadline: Date.now() + 1000 },
        resolve,
      );
    });
    bare.close();
    expect(error).not.toBeNull();
  });

  it('refuses a server that is not the one it was told to expect', async () => {
    const { tls, address } = await setup();
    const client = track(connect(EngineService, address, tls.of('compute'), 'quota'));
    await expect(client.getCapacity({}, { timeoutMs: 1000 })).rejects.toBeInstanceOf(Problem);
  });

  it('refuses a malformed request before the implementation sees it', async () => {
    const { client, engine } = await setup();
    await expect(client.stop({ jobId: 'x' })).rejects.toMatchObject({
      code: 'invalid_request',
      violations: [{ field: 'jobId', detail: 'must be a UUID in lower case' }],
    });
    expect(engine.calls).toHaveLength(0);
  });

  it('refuses a request that is too large to be read, and says so', async () => {
    const { client } = await setup();
    const jobIds = Array.from({ length: 60_000 }, () => ID);
    await expect(client.observe({ jobIds })).rejects.toMatchObject({ code: 'message_too_large', kind: Kind.REFUSED });
  });

  it('passes a refusal on with its help, and hides what it did not expect', async () => {
    const { client } = await setup();
    await expect(client.observe({})).rejects.toMatchObject({ code: 'nothing_asked', help: 'Name one.' });
    await expect(client.observe({ jobIds: [ID, ID] })).rejects.toMatchObject({ code: 'internal' });
    await expect(client.observe({ jobIds: [ID, ID] })).rejects.not.toThrow(/secret/);
  });

  it('refuses to start where a method lacks an implementation or callers', async () => {
    const { tls } = await setup();
    const verifier = new ContextVerifier(tls.of('compute'), new SystemClock());
    expect(() => answer(EngineService, {}, verifier, logger('test'))).toThrow(
      'EngineService.GetCapacity has no implementation.',
    );
    const undeclared = {
      typeName: 'kontor.x.v1.XService',
      methods: [
        {
          name: 'Leak',
          localName: 'leak',
          methodKind: 'unary',
          input: ProblemSchema,
          output: ProblemSchema,
          parent: { typeName: 'kontor.x.v1.XService' },
          proto: {},
        },
      ],
    } as never as DescService;
    expect(() => answer(undeclared, { leak: () => ({}) }, verifier, logger('test'))).toThrow('declares no callers');
  });
});

describe('streams', () => {
  it('flow both ways and end', async () => {
    const { client } = await setup();
    const offsets = (await Array.fromAsync(client.readLog(LOG))).map(({ offset }) => offset);
    expect(offsets).toEqual([0n, 1n, 2n]);
    async function* chunks() {
      for (let i = 0; i < 300; i++) yield { sha256: 'f'.repeat(64), data: new Uint8Array(100_000) };
    }
    expect(await client.stageFile(chunks())).toMatchObject({ sizeBytes: 30_000_000n });
  });

  it('fail as a problem at once, after some messages, and by a malformed message inside', async () => {
    const { client } = await setup();
    await expect(Array.fromAsync(client.readLog({ ...LOG, offset: 9n }))).rejects.toMatchObject({
      code: 'job_not_found',
    });
    const seen: bigint[] = [];
    await expect(
      (async () => {
        for await (const { offset } of client.readLog({ ...LOG, offset: 2n })) seen.push(offset);
      })(),
    ).rejects.toMatchObject({ code: 'engine_gone' });
    expect(seen).toEqual([0n, 1n]);
    async function* bad() {
      yield { sha256: 'not a digest' };
    }
    await expect(client.stageFile(bad())).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await client.getCapacity({})).toBeDefined();
  });

  it('stop at the server when the caller leaves', async () => {
    const { client, engine } = await setup();
    const replies = client.readLog({ ...LOG, offset: 5n })[Symbol.asyncIterator]();
    await replies.next();
    await replies.return?.(undefined);
    await aborted(engine.calls[0]!);
    expect(engine.calls[0]!.signal.aborted).toBe(true);
  });

  it('wait for a slow reader instead of filling memory', async () => {
    const { client, engine } = await setup();
    const replies = client.readLog({ ...LOG, offset: 5n })[Symbol.asyncIterator]();
    await replies.next();
    for (let quiet = 0, last = -1; quiet < 50; quiet = engine.written === last ? quiet + 1 : 0) {
      last = engine.written;
      await turn();
    }
    expect(engine.written).toBeLessThan(400);
    await replies.return?.(undefined);
  });

  it('that the server answers early end, however much there is still to send', async () => {
    const { client } = await setup();
    let isReturned = false;
    async function* endless() {
      try {
        yield { sha256: 'not a digest' };
        for (;;) yield { sha256: 'f'.repeat(64), data: new Uint8Array(500_000) };
      } finally {
        isReturned = true;
      }
    }
    await expect(client.stageFile(endless())).rejects.toMatchObject({ code: 'invalid_request' });
    await eventually('the source is told to stop', () => isReturned);
  });

  it('however many are open keep no call waiting', async () => {
    const { client, engine } = await setup();
    const gone = new AbortController();
    const silent = () => Array.fromAsync(client.readLog({ ...LOG, offset: 6n }, gone));
    const streams = Promise.allSettled(Array.from({ length: 256 }, silent));
    await eventually('all are open', () => engine.calls.length === 256);
    expect(await client.getCapacity({}, { timeoutMs: 2_000 })).toMatchObject({ engine: 'compute' });
    gone.abort();
    await streams;
  });

  it("from a source that fails end the call with the source's failure", async () => {
    const { client } = await setup();
    async function* breaking() {
      yield { sha256: 'f'.repeat(64) };
      throw Problem.invalid('half_a_file', 'The upload broke off.');
    }
    await expect(client.stageFile(breaking())).rejects.toMatchObject({
      code: expect.stringMatching('half_a_file|deadline_exceeded'),
    });
  });
});

describe('time', () => {
  it('runs out for a call nobody answers, and the server is told', async () => {
    const { client, engine } = await setup();
    await expect(client.stop({ jobId: ID }, { timeoutMs: 150 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await aborted(engine.calls[0]!);
  });

  it('is handed on: each hop has a little less, and a call with too little left is not begun', async () => {
    const { client, served, engine } = await setup();
    const relay = inProcess(EngineService, served.app.get(EchoEngine));
    expect(await relay.getCapacity({})).toMatchObject({ engine: 'in-process' });
    const { currentCall } = await import('./current-call.ts');
    const soon = { deadline: new Date(Date.now() + 1000), signal: new AbortController().signal };
    await currentCall.run(soon, () => client.getCapacity({}));
    expect(engine.calls.at(-1)!.deadline.getTime()).toBeLessThanOrEqual(soon.deadline.getTime() - 20 + 5);
    const late = { ...soon, deadline: new Date(Date.now() + 50) };
    await expect(currentCall.run(late, async () => client.getCapacity({}))).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
  });

  it('ends a call made on behalf of one that was abandoned', async () => {
    const { client } = await setup();
    const { currentCall } = await import('./current-call.ts');
    const gone = new AbortController();
    const parent = { deadline: new Date(Date.now() + 5000), signal: gone.signal };
    const child = currentCall.run(parent, () => client.stop({ jobId: ID }));
    setTimeout(() => gone.abort(), 20);
    await expect(child).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('is not spent on somebody who is gone already', async () => {
    const { client, engine } = await setup();
    const { currentCall } = await import('./current-call.ts');
    const [late, signal] = [{ code: 'deadline_exceeded' }, AbortSignal.abort()];
    await expect(client.getCapacity({}, { signal })).rejects.toMatchObject(late);
    await expect(Array.fromAsync(client.readLog(LOG, { signal }))).rejects.toMatchObject(late);
    const parent = { deadline: new Date(Date.now() + 5000), signal };
    await expect(currentCall.run(parent, () => client.getCapacity({}))).rejects.toMatchObject(late);
    await expect(currentCall.run(parent, () => Array.fromAsync(client.readLog(LOG)))).rejects.toMatchObject(late);
    expect(engine.calls).toHaveLength(0);
  });
});

describe('every server', () => {
  it('answers health and both versions of reflection', async () => {
    const { address, tls } = await setup();
    const { ca, cert, key } = tls.of('compute');
    const credentials = grpc.credentials.createSsl(ca, key, cert);
    const channel = new grpc.Client(address, credentials, { 'grpc.ssl_target_name_override': 'engine' });
    const health = await new Promise<Buffer>((resolve, reject) => {
      channel.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (b: Buffer) => b,
        (b) => b,
        Buffer.alloc(0),
        (error, reply) => (error ? reject(error) : resolve(reply!)),
      );
    });
    expect([...health]).toEqual([8, 1]);
    for (const version of ['v1', 'v1alpha']) {
      const call = channel.makeBidiStreamRequest(
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        (b: Buffer) => b,
        (b) => b,
      );
      // list_services, field 7, empty string
      call.write(Buffer.from([0x3a, 0]));
      const [reply] = (await once(call, 'data')) as [Buffer];
      expect(reply.toString('latin1')).toContain('kontor.engine.v1.EngineService');
      call.end();
    }
    channel.close();
  });

  it('stops after the calls in flight have ended', async () => {
    const { client, served, engine } = await setup();
    const slow = client.stop({ jobId: ID }, { timeoutMs: 300 });
    const settled = slow.catch((error: Problem) => error.code);
    while (engine.calls.length === 0) await turn();
    await served.close();
    expect(await settled).toBe('deadline_exceeded');
  });
});

const opened: { close(): unknown }[] = [];
function track<T extends { close(): unknown }>(it: T): T {
  opened.push(it);
  return it;
}
afterAll(async () => {
  for (const it of opened.reverse()) await it.close();
});

const aborted = async ({ signal }: Call) => signal.aborted || once(signal, 'abort');

async function setup() {
  const tls = await testTls(['engine', 'compute', 'gateway']);
  const definition = { name: 'engine', module: EchoModule, rpcs: [rpc(EngineService, EchoEngine)] };
  const served: Served = track(await serve(definition, { listen: '127.0.0.1:0', tls: tls.of('engine') }));
  const connectAs = (service: string) => track(connect(EngineService, served.address, tls.of(service)));
  return {
    served,
    address: served.address,
    engine: served.app.get(EchoEngine),
    tls,
    connectAs,
    client: connectAs('compute'),
  };
}
