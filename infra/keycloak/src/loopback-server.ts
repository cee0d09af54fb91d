import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '@kontor/kit/loopback';
import { RealmFault } from './realm-fault.ts';

const GRACE_MS = 1000;

/** A server that listens on this machine alone, on this port. */
export interface LoopbackServer {
  server: Server;
  port: number;
  /** Stops listening and gives what is under way a second to end. */
  stop(): Promise<void>;
}

/** Starts to listen; port 0 takes a free one. Throws RealmFault for an address that others could reach. */
export async function listenOnLoopback(host: string, port: number): Promise<LoopbackServer> {
  if (!isLoopback(host)) {
    throw new RealmFault(
      `The embedded sign-in server was told to listen on ${host}.`,
      'It serves one machine: use 127.0.0.1, or run a Keycloak server for others.',
    );
  }
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    server,
    port: own,
    stop: async () => {
      const closed = once(server.close(), 'close');
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}
