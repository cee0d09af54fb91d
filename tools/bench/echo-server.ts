import * as grpc from '@grpc/grpc-js';
import { QuotaService, type ReserveRequest } from '@kontor/contracts/quota/v1/quota';
import { wireOf } from '@kontor/kit/grpc';
import { readTls } from '@kontor/kit/tls';
import { echoOf } from './load.ts';

/** A bare grpc-js server that answers Reserve at once: the same messages, the same TLS, no checks, no ledger. */
const [address = '', tlsFolder = ''] = process.argv.slice(2);
const { ca, cert, key } = readTls(tlsFolder, 'quota');
const server = new grpc.Server();
const reserve = ({ request }: grpc.ServerUnaryCall<ReserveRequest, object>, reply: grpc.sendUnaryData<object>): void =>
  reply(null, echoOf(request));
server.addService({ reserve: wireOf(QuotaService.method.reserve) }, { reserve });
server.bindAsync(
  address,
  grpc.ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true),
  (error) => {
    if (error) throw error;
  },
);
process.once('SIGTERM', () => process.exit(0));
