import { Client, credentials } from '@grpc/grpc-js';
import type { Tls } from '@kontor/kit/tls';
import { service } from 'grpc-health-check';

const PATIENCE_MS = 1_000;

export type Health = 'serving' | 'not serving' | 'unreachable';

/** Asks one service whether it serves, by the gRPC health protocol that every service here speaks. */
export class ServiceHealth {
  readonly #channel: Client;

  constructor(name: string, address: string, { ca, cert, key }: Tls) {
    const options = { 'grpc.ssl_target_name_override': name };
    this.#channel = new Client(address, credentials.createSsl(ca, key, cert), options);
  }

  /** Answers within a second, whatever the state of the service. */
  now(): Promise<Health> {
    const check = service['Check'];
    if (check === undefined) throw new Error('The health protocol has no Check.');
    const { path, requestSerialize, responseDeserialize } = check;
    return new Promise((resolve) => {
      const call = this.#channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, reply) => {
        clearTimeout(patience);
        resolve(error ? 'unreachable' : isServing(reply) ? 'serving' : 'not serving');
      });
      const patience = setTimeout(() => call.cancel(), PATIENCE_MS);
    });
  }

  close(): void {
    this.#channel.close();
  }
}

const isServing = (reply: unknown): boolean => (reply as { status?: unknown }).status === 'SERVING';
