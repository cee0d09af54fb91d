import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type * as grpc from '@grpc/grpc-js';
import { pathOf, type Call } from './grpc.ts';
import type { Logger } from './log.ts';
import { Problem, problemOf } from './problem.ts';
import { callersOf } from './rules.ts';
import { validate } from './validate.ts';

/** The call being answered, so that calls made on its behalf inherit what is left of its time. */
export const currentCall = new AsyncLocalStorage<Call>();

type Surface =
  | grpc.ServerUnaryCall<object, object>
  | grpc.ServerReadableStream<object, object>
  | grpc.ServerWritableStream<object, object>
  | grpc.ServerDuplexStream<object, object>;
type Handler = (request: unknown, call: Call) => unknown;

/**
 * A contract's methods as grpc-js handlers: every call passes the same gate (who calls, how long it may take, is it
 * well formed) before the implementation sees it, and every failure leaves as a Problem.
 *
 * @throws where a method declares no callers or the implementation lacks it
 */
export function answer(service: DescService, implementation: object, log: Logger): grpc.UntypedServiceImplementation {
  return Object.fromEntries(
    service.methods.map((method) => {
      const handler = (implementation as Record<string, Handler | undefined>)[method.localName];
      if (!handler) throw new Error(`${service.typeName}.${method.name} has no implementation.`);
      return [method.localName, answerMethod(method, handler.bind(implementation), log)];
    }),
  );
}

function answerMethod(method: DescMethod, handler: Handler, log: Logger): grpc.UntypedHandleCall {
  const callers = callersOf(method);
  const enter = (surface: Surface): Call => {
    const call = callOf(surface);
    if (callers.has(call.caller)) return call;
    throw Problem.forbidden('caller_not_allowed', `The service ${call.caller} may not call ${pathOf(method)}.`);
  };
  const checked = <T extends object>(request: T): T => {
    validate(method.input, request);
    return request;
  };
  const fail = (error: unknown): Partial<grpc.StatusObject> & Error => {
    const problem = problemOf(error);
    if (problem.code === 'internal') log.error({ err: error, rpc: pathOf(method) }, 'unexpected failure');
    return Object.assign(new Error(problem.detail), problem.toStatus());
  };
  const requestsOf = (stream: AsyncIterable<object>) =>
    (async function* () {
      for await (const request of stream) yield checked(request);
    })();

  const once = (surface: Surface, request: () => unknown, callback: grpc.sendUnaryData<object>): void => {
    const run = async () => {
      const call = enter(surface);
      return currentCall.run(call, () => handler(request(), call)) as Promise<object>;
    };
    run().then(
      (reply) => callback(null, reply),
      (error: unknown) => surface.cancelled || callback(fail(error)),
    );
  };
  const stream = (surface: grpc.ServerWritableStream<object, object>, request: () => unknown): void => {
    const run = async () => {
      const call = enter(surface);
      await currentCall.run(call, () => pour(handler(request(), call) as AsyncIterable<object>, surface, call.signal));
    };
    run().then(
      () => surface.end(),
      (error: unknown) => surface.cancelled || surface.emit('error', fail(error)),
    );
  };

  switch (method.methodKind) {
    case 'unary':
      return ((call, done) => once(call, () => checked(call.request), done)) as grpc.handleUnaryCall<object, object>;
    case 'client_streaming':
      return ((call, done) => once(call, () => requestsOf(call), done)) as grpc.handleClientStreamingCall<
        object,
        object
      >;
    case 'server_streaming':
      return ((call) => stream(call, () => checked(call.request))) as grpc.handleServerStreamingCall<object, object>;
    case 'bidi_streaming':
      return ((call) => stream(call as never, () => requestsOf(call))) as grpc.handleBidiStreamingCall<object, object>;
  }
}

/** Made once: an abort without a reason makes an exception with a stack for every call. */
const GONE = Problem.deadline('The caller is gone.');

/** Who calls, until when, and whether they still wait. */
function callOf(surface: Surface): Call {
  const until = surface.getDeadline();
  let gone: AbortController | undefined;
  return {
    caller: callerOf(surface),
    deadline: until instanceof Date ? until : new Date(Number.isFinite(until) ? until : 8.64e15),
    get isGone() {
      return surface.cancelled;
    },
    // Most handlers never ask, and a signal nobody listens to costs more than the rest of the call.
    get signal() {
      if (gone) return gone.signal;
      const controller = (gone = new AbortController());
      if (surface.cancelled) controller.abort(GONE);
      else (surface as EventEmitter).once('cancelled', () => controller.abort(GONE));
      return controller.signal;
    },
  };
}

const callers = new WeakMap<object, string>();

/**
 * The common name in the caller's certificate. It cannot change while a connection lives, and reading it costs as much
 * as a whole call, so it is read once per connection; where grpc-js does not show the connection, on every call.
 */
function callerOf(surface: Surface): string {
  const { call } = surface as { call?: { stream?: { session?: object } } };
  const connection = call?.stream?.session;
  const known = connection && callers.get(connection);
  if (known) return known;
  const caller = surface.getAuthContext().sslPeerCertificate?.subject.CN;
  if (typeof caller !== 'string') throw Problem.unauthenticated('no_certificate', 'The caller shows no certificate.');
  if (connection) callers.set(connection, caller);
  return caller;
}

/** Writes replies no faster than the caller reads them, and stops when it is gone. */
async function pour(
  replies: AsyncIterable<object>,
  surface: grpc.ServerWritableStream<object, object>,
  gone: AbortSignal,
) {
  for await (const reply of replies) {
    if (gone.aborted) return;
    if (!surface.write(reply)) await drained(surface, gone);
  }
}

const drained = (surface: grpc.ServerWritableStream<object, object>, gone: AbortSignal) =>
  new Promise<void>((resolve) => {
    const go = (): void => {
      surface.off('drain', go);
      gone.removeEventListener('abort', go);
      resolve();
    };
    surface.once('drain', go);
    gone.addEventListener('abort', go);
  });
