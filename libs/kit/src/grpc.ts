import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Person } from './person.ts';

/** What a handler is told about the call it answers. */
export interface Call {
  /** Service that calls, by the common name of its certificate; 'in-process' where there is no wire. */
  caller: string;
  /** For whom it is made; absent where the service calls for itself. */
  person?: Person | undefined;
  /** How the journal names who asked: the person's reference, or the service's name. */
  actor: string;
  /** What vouches for the person; calls made on behalf of this one carry it on. */
  context?: string | undefined;
  /** When the caller stops waiting. */
  deadline: Date;
  /** Aborts when the caller is gone or the deadline has passed. */
  signal: AbortSignal;
  /** Whether the signal has aborted. Costs nothing, where asking for the signal makes one. */
  readonly isGone: boolean;
}

export interface CallOptions {
  /** How long to wait; less when the call being answered has less left. Streams wait for ever unless told. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** A signed caller context; the one of the call being answered when absent. */
  context?: string | undefined;
}

type Methods<S> = S extends GenService<infer M> ? M : never;
type Request<M> = M extends { input: infer I extends DescMessage } ? MessageShape<I> : never;
type RequestInit<M> = M extends { input: infer I extends DescMessage } ? MessageInitShape<I> : never;
type Reply<M> = M extends { output: infer O extends DescMessage } ? MessageShape<O> : never;
type ReplyInit<M> = M extends { output: infer O extends DescMessage } ? MessageInitShape<O> : never;

/** By kind of method: what goes in and what comes out, once or as a stream. */
type Shape<M, In, Out, Extra extends unknown[]> = M extends { methodKind: 'unary' }
  ? (request: In, ...extra: Extra) => Promise<Out>
  : M extends { methodKind: 'server_streaming' }
    ? (request: In, ...extra: Extra) => AsyncIterable<Out>
    : M extends { methodKind: 'client_streaming' }
      ? (requests: AsyncIterable<In>, ...extra: Extra) => Promise<Out>
      : (requests: AsyncIterable<In>, ...extra: Extra) => AsyncIterable<Out>;

/** What a class that serves contract S must look like. Requests arrive validated. */
export type Serves<S> = {
  [K in keyof Methods<S>]: Shape<Methods<S>[K], Request<Methods<S>[K]>, ReplyInit<Methods<S>[K]>, [call: Call]>;
};

/** What a caller of contract S sees. Every failure is a Problem. */
export type Client<S> = {
  [K in keyof Methods<S>]: Shape<
    Methods<S>[K],
    RequestInit<Methods<S>[K]>,
    Reply<Methods<S>[K]>,
    [options?: CallOptions]
  >;
};

export type Contract = GenService<GenServiceMethods>;

export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/** A whole message from what was given of it; a message itself is returned as it is. */
export const messageOf = (desc: DescMessage, init: object): Message =>
  create(desc, init as MessageInitShape<DescMessage>);

/** How grpc-js encodes a method: the messages' own binary form, decoded straight into generated shapes. */
export function wireOf(method: DescMethod): MethodDefinition<object, object> {
  const { input, output, methodKind } = method;
  return {
    path: pathOf(method),
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: (message) => asBuffer(toBinary(input, messageOf(input, message))),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (message) => asBuffer(toBinary(output, messageOf(output, message))),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

/** The same bytes, where `Buffer.from` alone would copy them. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** A contract as grpc-js wants it, keyed by method name. */
export const wiresOf = (service: DescService) =>
  Object.fromEntries(service.methods.map((method) => [method.localName, wireOf(method)]));
