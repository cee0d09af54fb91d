import { once } from 'node:events';
import type { DescMethod } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { CONTEXT_HEADER } from './caller-context.ts';
import { currentCall } from './current-call.ts';
import { wireOf, type CallOptions, type Client, type Contract } from './grpc.ts';
import { Problem, problemOf } from './problem.ts';
import type { Tls } from './tls.ts';

const UNARY_TIMEOUT_MS = 5_000;
/** Kept back on every hop, so that the answer "too late" still arrives in time. */
const HOP_MS = 20;
/** With less than this left a call is not begun. */
const WORTHWHILE_MS = 100;

const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  'grpc.max_receive_message_length': 8 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * A connection carries as many streams as its server allows, and calls beyond that wait. Streams may last, so they have
 * a connection of their own: without this option channels of the same address and credentials would share one.
 */
const FOR_STREAMS: grpc.ChannelOptions = { 'grpc.use_local_subchannel_pool': 1 };

/**
 * A client of a contract over mutual TLS. Calls made while another call is answered inherit its deadline and end with
 * it.
 *
 * @param address host:port
 * @param serverName the name that the server's certificate must have; by default the contract's package, such as quota
 */
export function connect<S extends Contract>(
  service: S,
  address: string,
  { ca, cert, key }: Tls,
  serverName = service.typeName.split('.')[1] ?? '',
): Client<S> & { close(): void } {
  const credentials = grpc.credentials.createSsl(ca, key, cert);
  const options = { ...CHANNEL_OPTIONS, 'grpc.ssl_target_name_override': serverName };
  const calls = new grpc.Client(address, credentials, options);
  const streams = new grpc.Client(address, credentials, { ...options, ...FOR_STREAMS });
  const methods = service.methods.map((method) => {
    const channel = method.methodKind === 'unary' ? calls : streams;
    return [method.localName, callMethod(channel, method)] as const;
  });
  const close = (): void => [calls, streams].forEach((channel) => channel.close());
  return Object.assign(Object.fromEntries(methods) as Client<S>, { close });
}

function callMethod(channel: grpc.Client, method: DescMethod) {
  const { path, requestSerialize: write, responseDeserialize: read } = wireOf(method);
  switch (method.methodKind) {
    case 'unary':
      return (request: object, options?: CallOptions) =>
        within(options, UNARY_TIMEOUT_MS, (limits, metadata, done) =>
          channel.makeUnaryRequest(path, write, read, request, metadata, limits, done),
        );
    case 'client_streaming':
      return (requests: AsyncIterable<object>, options?: CallOptions) =>
        within(options, undefined, (limits, metadata, done) => {
          const call = channel.makeClientStreamRequest(path, write, read, metadata, limits, done);
          pump(requests, call).catch((error: unknown) => done(error));
          return call;
        });
    case 'server_streaming':
      return (request: object, options?: CallOptions) =>
        replies(options, (limits, metadata) =>
          channel.makeServerStreamRequest(path, write, read, request, metadata, limits),
        );
    case 'bidi_streaming':
      return (requests: AsyncIterable<object>, options?: CallOptions) =>
        replies(options, (limits, metadata) => {
          const call = channel.makeBidiStreamRequest(path, write, read, metadata, limits);
          pump(requests, call).catch((error: unknown) => call.destroy(problemOf(error)));
          return call;
        });
  }
}

/** One reply, or a Problem; cancelled when whoever asked is gone. */
async function within(
  options: CallOptions | undefined,
  timeoutMs: number | undefined,
  start: (
    limits: grpc.CallOptions,
    metadata: grpc.Metadata,
    done: (error: unknown, reply?: object) => void,
  ) => { cancel(): void },
): Promise<object> {
  const { limits, signals, metadata } = limitsOf(options, timeoutMs);
  return new Promise((resolve, reject) => {
    const call = start(limits, metadata, (error, reply) => {
      for (const signal of signals) signal.removeEventListener('abort', cancel);
      if (reply) resolve(reply);
      else reject(problemOf(error));
    });
    const cancel = (): void => call.cancel();
    for (const signal of signals) signal.addEventListener('abort', cancel);
  });
}

/** Replies as they come; leaving the loop early cancels the call. */
async function* replies(
  options: CallOptions | undefined,
  start: (limits: grpc.CallOptions, metadata: grpc.Metadata) => AsyncIterable<object> & { cancel(): void },
): AsyncGenerator<object> {
  const { limits, signals, metadata } = limitsOf(options, undefined);
  const call = start(limits, metadata);
  const cancel = (): void => call.cancel();
  for (const signal of signals) signal.addEventListener('abort', cancel);
  try {
    yield* call;
  } catch (error) {
    throw problemOf(error);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}

/** Sends no faster than the server reads, and no more once it has answered. */
async function pump(requests: AsyncIterable<object>, call: grpc.ClientWritableStream<object>): Promise<void> {
  let isAnswered = false;
  const answered = new Promise<void>((resolve) => {
    call.once('status', () => {
      isAnswered = true;
      resolve();
    });
  });
  try {
    for await (const request of requests) {
      if (!isAnswered && !call.write(request)) await Promise.race([once(call, 'drain'), answered]);
      if (isAnswered) return;
    }
    call.end();
  } catch (error) {
    call.cancel();
    throw error;
  }
}

/**
 * The call's own limits and those of the call being answered, whichever end sooner; and for whom it is made.
 *
 * @throws Problem `deadline_exceeded` where nobody would be there to take the answer
 */
function limitsOf(options: CallOptions | undefined, timeoutMs: number | undefined) {
  const parent = currentCall.getStore();
  const own = options?.timeoutMs ?? timeoutMs;
  const now = Date.now();
  const inherited = parent === undefined ? Infinity : parent.deadline.getTime() - HOP_MS;
  if (inherited < now + WORTHWHILE_MS) throw Problem.deadline('Too little time is left to ask another service.');
  const deadline = Math.min(own === undefined ? Infinity : now + own, inherited);
  const signals = [options?.signal, parent?.signal].filter((signal) => signal !== undefined);
  // A signal that has aborted does so no second time: nothing would ever end the call.
  if (signals.some(({ aborted }) => aborted)) throw Problem.deadline('Whoever asked is gone.');
  const metadata = new grpc.Metadata();
  const context = options?.context ?? parent?.context;
  if (context !== undefined) metadata.set(CONTEXT_HEADER, context);
  return { limits: Number.isFinite(deadline) ? { deadline } : {}, signals, metadata };
}
