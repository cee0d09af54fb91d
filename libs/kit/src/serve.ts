import { create, toBinary, type DescFile, type DescService } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthImplementation } from 'grpc-health-check';
import { answer } from './answer.ts';
import { ContextVerifier } from './caller-context.ts';
import { SystemClock, type Clock } from './clock.ts';
import { wiresOf, type Contract, type Serves } from './grpc.ts';
import { logger } from './log.ts';
import { nestLogger } from './nest-logger.ts';
import type { Tls } from './tls.ts';

/** How long calls in flight may take to end when the server stops. */
const STOP_MS_MAX = 10_000;

/** A body as the gateway takes it, which is at most 1 MiB, and what the path and the query say beside it. */
const REQUEST_BYTES_MAX = (1024 + 64) * 1024;

const SERVER_OPTIONS: grpc.ServerOptions = {
  'grpc.max_receive_message_length': REQUEST_BYTES_MAX,
  'grpc.max_concurrent_streams': 256,
  'grpc-node.max_session_memory': 64,
  'grpc.keepalive_time_ms': 60_000,
};

/** A contract and the Nest provider that implements it. */
export interface Rpc {
  contract: DescService;
  provider: Type<object>;
}

/** Names the provider that implements a contract; the compiler checks that it does. */
export const rpc = <S extends Contract>(contract: S, provider: Type<Serves<S>>): Rpc => ({ contract, provider });

export interface ServiceDefinition {
  /** The service's name, as its certificate has it. */
  name: string;
  module: Type<object> | DynamicModule;
  rpcs: Rpc[];
}

export interface Served {
  /** host:port that it listens on. */
  address: string;
  app: INestApplicationContext;
  /** Ends within ten seconds: calls in flight finish, then connections are cut. */
  close(): Promise<void>;
}

/**
 * Starts a service: its module, then one gRPC server with mutual TLS, health, and reflection (v1 and v1alpha).
 *
 * @param listen host:port; port 0 takes a free one
 * @param clock by which caller contexts are good or over: that of whoever signs them
 * @throws where a method declares no callers or has no implementation, or the address is taken
 */
export async function serve(
  definition: ServiceDefinition,
  { listen, tls, clock = new SystemClock() }: { listen: string; tls: Tls; clock?: Clock },
): Promise<Served> {
  const { name, module, rpcs } = definition;
  const log = logger(name);
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(log), abortOnError: false });
  try {
    const server = new grpc.Server(SERVER_OPTIONS);
    const verifier = new ContextVerifier(tls, clock);
    for (const { contract, provider } of rpcs) {
      server.addService(wiresOf(contract), answer(contract, app.get(provider, { strict: false }), verifier, log));
    }
    const contracts = rpcs.map(({ contract }) => contract);
    const health = new HealthImplementation(
      Object.fromEntries(['', ...contracts.map((c) => c.typeName)].map((s) => [s, 'SERVING'])),
    );
    health.addToServer(server);
    reflectionOf(contracts).addToServer(server);

    const port = await bind(server, listen, tls);
    const address = `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`;
    log.info({ address }, 'serving');
    return {
      address,
      app,
      close: async () => {
        for (const service of ['', ...contracts.map((c) => c.typeName)]) health.setStatus(service, 'NOT_SERVING');
        await stop(server);
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function bind(server: grpc.Server, listen: string, { ca, cert, key }: Tls): Promise<number> {
  const credentials = grpc.ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function stop(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, STOP_MS_MAX);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}

/** Reflection answers from the same descriptors that the code was generated from. */
function reflectionOf(contracts: DescService[]): ReflectionService {
  const files = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (files.has(file.name)) return;
    files.set(file.name, file);
    file.dependencies.forEach(visit);
  };
  contracts.forEach(({ file }) => visit(file));
  const fileDescriptorProtos = [...files.values()].map(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, proto))),
  );
  return new ReflectionService({ contracts: { format: '', type: {}, fileDescriptorProtos } } as never, {
    services: contracts.map(({ typeName }) => typeName),
  });
}
