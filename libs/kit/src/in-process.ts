import type { DescMethod } from '@bufbuild/protobuf';
import { messageOf, type Call, type CallOptions, type Client, type Contract, type Serves } from './grpc.ts';
import { problemOf } from './problem.ts';
import { validate } from './validate.ts';

type Handler = (request: unknown, call: Call) => unknown;

/** A client that calls an implementation in this process: the same checks and Problems, no wire. */
export function inProcess<S extends Contract>(service: S, implementation: Serves<S>): Client<S> {
  const handlers = implementation as Record<string, Handler>;
  return Object.fromEntries(
    service.methods.map((method) => {
      const handler = handlers[method.localName]?.bind(implementation);
      if (!handler) throw new Error(`${service.typeName}.${method.name} has no implementation.`);
      return [method.localName, callMethod(method, handler)];
    }),
  ) as Client<S>;
}

function callMethod(method: DescMethod, handler: Handler) {
  const checked = (request: object): object => {
    const message = messageOf(method.input, request);
    validate(method.input, message);
    return message;
  };
  const callOf = (options?: CallOptions): Call => {
    const signal = options?.signal ?? new AbortController().signal;
    return {
      caller: 'in-process',
      actor: 'in-process',
      deadline: new Date(options?.timeoutMs === undefined ? 8.64e15 : Date.now() + options.timeoutMs),
      signal,
      get isGone() {
        return signal.aborted;
      },
    };
  };
  const streamed = async function* (requests: AsyncIterable<object>) {
    for await (const request of requests) yield checked(request);
  };
  const once = async (reply: unknown): Promise<object> => messageOf(method.output, (await reply) as object);
  const many = async function* (start: () => unknown) {
    try {
      for await (const reply of start() as AsyncIterable<object>) yield messageOf(method.output, reply);
    } catch (error) {
      throw problemOf(error);
    }
  };
  const failing = <T>(promise: Promise<T>): Promise<T> =>
    promise.catch((error: unknown) => {
      throw problemOf(error);
    });

  switch (method.methodKind) {
    case 'unary':
      return (request: object, options?: CallOptions) =>
        failing((async () => once(handler(checked(request), callOf(options))))());
    case 'client_streaming':
      return (requests: AsyncIterable<object>, options?: CallOptions) =>
        failing((async () => once(handler(streamed(requests), callOf(options))))());
    case 'server_streaming':
      return (request: object, options?: CallOptions) => many(() => handler(checked(request), callOf(options)));
    case 'bidi_streaming':
      return (requests: AsyncIterable<object>, options?: CallOptions) =>
        many(() => handler(streamed(requests), callOf(options)));
  }
}
