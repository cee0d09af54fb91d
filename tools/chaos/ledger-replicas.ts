import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { connect } from '@kontor/kit/connect';
import type { Client } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { readTls } from '@kontor/kit/tls';
import { startCluster, stopCluster, type Cluster } from '@kontor/postgres/cluster';
import { ensureDatabase, withDatabase } from '@kontor/postgres/ensure-database';
import { freePort } from '@kontor/postgres/free-port';
import { startChild, type Child } from '@kontor/testing/child';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import type { TestTls } from '@kontor/testing/test-tls';
import { ensureCertificate } from '@kontor/tls/certificate';
import { migrateService } from '../start/migrations.ts';
import { ROOT } from '../start/settings.ts';

export type Quota = Client<typeof QuotaService>;

/** Two replicas of quota on one PostgreSQL, each a process that is started again when it dies. */
export interface LedgerReplicas extends AsyncDisposable {
  /** As compute, one client for each replica. */
  compute: Quota[];
  /** As the gateway on behalf of operator staff, for a minute. */
  gateway: Quota;
  /** The journal of the first replica, as an auditor sees it for a minute. */
  auditor(): Promise<Client<typeof JournalService>>;
  /** Of the first replica. */
  address: string;
  tls: TestTls;
  /** postgres://… of the superuser, at the ledger's database. */
  databaseUrl: string;
  killReplica(n: number): void;
  /** Kills the server's main process; resolves once it serves again. */
  killPostgres(): Promise<void>;
}

export async function startReplicas(folder: string): Promise<LedgerReplicas> {
  await using begun = new AsyncDisposableStack();
  mkdirSync(folder, { recursive: true });
  const tlsFolder = join(folder, 'tls');
  for (const service of ['quota', 'compute', 'gateway', 'start']) await ensureCertificate(tlsFolder, service);
  const directory = join(folder, 'postgres');
  const logFile = join(folder, 'postgres.log');
  let cluster: Cluster = await startCluster({ directory, port: 0, logFile });
  begun.defer(() => stopCluster({ directory }));
  const passwords = { owner: uuid7(), app: uuid7() };
  const { url, ownerUrl } = await ensureDatabase({ adminUrl: cluster.adminUrl, service: 'quota', passwords });
  await migrateService('quota', ownerUrl, () => undefined);

  const replicas = await Promise.all([0, 1].map(async () => keptReplica(await freePort(), tlsFolder, url)));
  for (const replica of replicas) begun.defer(() => replica.stop());
  const address = replicas[0]?.address ?? '';
  const client = (n: number, name: string) => {
    const connected = connect(QuotaService, replicas[n]?.address ?? '', readTls(tlsFolder, name));
    begun.defer(() => connected.close());
    return connected;
  };
  const journal = connect(JournalService, address, readTls(tlsFolder, 'gateway'), 'quota');
  begun.defer(() => journal.close());
  const compute = [client(0, 'compute'), client(1, 'compute')];
  const tls = { directory: tlsFolder, of: (service: string) => readTls(tlsFolder, service) };
  const gateway = await actingFor(client(0, 'gateway'), tls, personWith([Role.OPERATOR_STAFF]));
  const parts = begun.move();
  return {
    compute,
    gateway,
    auditor: () => actingFor(journal, tls, personWith([Role.AUDITOR])),
    address,
    tls,
    databaseUrl: withDatabase(cluster.adminUrl, 'kontor_quota'),
    killReplica: (n) => replicas[n]?.kill(),
    async killPostgres() {
      process.kill(cluster.pid, 'SIGKILL');
      await cluster.exited;
      cluster = await startCluster({ directory, port: cluster.port, logFile });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** A replica that is started again, on the same port, whenever it ends before it is told to. */
function keptReplica(port: number, tlsFolder: string, databaseUrl: string) {
  const address = `127.0.0.1:${port}`;
  let isStopping = false;
  let child: Child;
  const start = (): void => {
    child = startChild(
      process.execPath,
      ['apps/quota/dist/src/main.js'],
      {
        NODE_OPTIONS: '',
        KONTOR_LISTEN: address,
        KONTOR_TLS: tlsFolder,
        KONTOR_DATABASE_URL: databaseUrl,
        KONTOR_OPERATOR: 'demo',
        // Whoever is killed all the time would never let anything expire.
        KONTOR_QUIET_MS: '1000',
        KONTOR_LOG: 'error',
      },
      ROOT,
    );
    void child.exited.then(() => isStopping || start());
  };
  start();
  return {
    address,
    kill: () => child.kill('SIGKILL'),
    async stop() {
      isStopping = true;
      child.kill('SIGTERM');
      await child.exited;
    },
  };
}
