import type { EventEmitter } from 'node:events';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type * as grpc from '@grpc/grpc-js';
import { accessOf, admit, scopeOf, type Access } from './access.ts';
import { CONTEXT_HEADER, type ContextVerifier } from './caller-context.ts';
import { currentCall } from './current-call.ts';
import { pathOf, type Call } from './grpc.ts';
import type { Logger } from './log.ts';
import { personOf } from './person.ts';
import { Problem, problemOf } from './problem.ts';
import { validate } from './validate.ts';

/** The service that speaks for people, and only for them where a method is open to people. */
const GATEWAY = 'gateway';

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
export function answer(
  service: DescService,
  implementation: object,
  verifier: ContextVerifier,
  log: Logger,
): grpc.UntypedServiceImplementation {
  return Object.fromEntries(
    service.methods.map((method) => {
      const handler = (implementation as Record<string, Handler | undefined>)[method.localName];
      if (!handler) throw new Error(`${service.typeName}.${method.name} has no implementation.`);
      return [method.localName, answerMethod(method, handler.bind(implementation), verifier, log)];
    }),
  );
}

function answerMethod(
  method: DescMethod,
  handler: Handler,
  verifier: ContextVerifier,
  log: Logger,
): grpc.UntypedHandleCall {
  const access = accessOf(method);
  const enter = gate(method, access, verifier);
  const checked = <T extends object>(request: T, call: Call): T => {
    checkPerson(access, call, request);
    validate(method.input, request);
    return request;
  };
  const fail = (error: unknown) => failure(error, method, log);
  const requestsOf = (stream: AsyncIterable<object>, call: Call) =>
    (async function* () {
      let isFirst = true;
      for await (const request of stream) {
        // Later messages need not name the scope again; where they do, it counts.
        if (isFirst || scopeOf(request)) checkPerson(access, call, request);
        isFirst = false;
        validate(method.input, request);
        yield request;
      }
    })();

  const once = (surface: Surface, request: (call: Call) => unknown, callback: grpc.sendUnaryData<object>): void => {
    const run = async () => {
      const call = await enter(surface);
      return currentCall.run(call, () => handler(request(call), call)) as Promise<object>;
    };
    run().then(
      (reply) => callback(null, reply),
      (error: unknown) => surface.cancelled || callback(fail(error)),
    );
  };
  const stream = (surface: grpc.ServerWritableStream<object, object>, request: (call: Call) => unknown): void => {
    const run = async () => {
      const call = await enter(surface);
      await currentCall.run(call, () =>
        pour(handler(request(call), call) as AsyncIterable<object>, surface, call.signal),
      );
    };
    run().then(
      () => surface.end(),
      (error: unknown) => surface.cancelled || surface.emit('error', fail(error)),
    );
  };

  switch (method.methodKind) {
    case 'unary':
      return ((call, done) => once(call, (entered) => checked(call.request, entered), done)) as grpc.handleUnaryCall<
        object,
        object
      >;
    case 'client_streaming':
      return ((call, done) =>
        once(call, (entered) => requestsOf(call, entered), done)) as grpc.handleClientStreamingCall<object, object>;
    case 'server_streaming':
      return ((call) => stream(call, (entered) => checked(call.request, entered))) as grpc.handleServerStreamingCall<
        object,
        object
      >;
    case 'bidi_streaming':
      return ((call) => stream(call as never, (entered) => requestsOf(call, entered))) as grpc.handleBidiStreamingCall<
        object,
        object
      >;
  }
}

/** As grpc-js sends it. What nobody expected is logged here, and only said to be a failure of ours. */
function failure(error: unknown, method: DescMethod, log: Logger): Partial<grpc.StatusObject> & Error {
  const problem = problemOf(error);
  if (problem.code === 'internal') log.error({ err: error, rpc: pathOf(method) }, 'unexpected failure');
  return Object.assign(new Error(problem.detail), problem.toStatus());
}

/** Lets in the services that the contract names, and finds out for whom they call. */
function gate(method: DescMethod, { services }: Access, verifier: ContextVerifier) {
  return async (surface: Surface): Promise<Call> => {
    const call = callOf(surface);
    if (!services.has(call.caller)) {
      throw Problem.forbidden('caller_not_allowed', `The service ${call.caller} may not call ${pathOf(method)}.`);
    }
    const [context] = surface.metadata.get(CONTEXT_HEADER);
    if (context === undefined) return call;
    const person = await verifier.person(String(context));
    return Object.assign(call, { person, actor: person.reference, context: String(context) });
  };
}

/** Whether the person for whom the gateway calls may, as the method's contract says. */
function checkPerson(access: Access, { caller, person }: Call, request: object): void {
  if (access.people.length === 0 || caller !== GATEWAY) return;
  admit(access, personOf({ person }), scopeOf(request));
}

/** Made once: an abort without a reason makes an exception with a stack for every call. */
const GONE = Problem.deadline('The caller is gone.');

/** Who calls, until when, and whether they still wait. */
function callOf(surface: Surface): Call {
  const until = surface.getDeadline();
  let gone: AbortController | undefined;
  const caller = callerOf(surface);
  return {
    caller,
    actor: caller,
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
