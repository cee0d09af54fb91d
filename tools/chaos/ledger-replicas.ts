import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { connect } from '@kontor/kit/connect';
import type { Client } from '@kontor/kit/grpc';
import { freePort } from '@kontor/postgres/free-port';
import type { Child } from '@kontor/testing/child';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import type { TestTls } from '@kontor/testing/test-tls';
import { startLedgerHome, type LedgerHome } from '../bench/ledger-home.ts';

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
  const home = begun.use(await startLedgerHome(folder));
  const { tls, databaseUrl, killPostgres } = home;
  const replicas = await Promise.all([0, 1].map(async () => keptReplica(await freePort(), home)));
  for (const replica of replicas) begun.defer(() => replica.stop());
  const address = replicas[0]?.address ?? '';
  const client = (n: number, name: string) => {
    const connected = connect(QuotaService, replicas[n]?.address ?? '', tls.of(name));
    begun.defer(() => connected.close());
    return connected;
  };
  const journal = connect(JournalService, address, tls.of('gateway'), 'quota');
  begun.defer(() => journal.close());
  const compute = [client(0, 'compute'), client(1, 'compute')];
  const gateway = await actingFor(client(0, 'gateway'), tls, personWith([Role.OPERATOR_STAFF]));
  const parts = begun.move();
  return {
    compute,
    gateway,
    auditor: () => actingFor(journal, tls, personWith([Role.AUDITOR])),
    address,
    tls,
    databaseUrl,
    killReplica: (n) => replicas[n]?.kill(),
    killPostgres,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** A replica that is started again, on the same port, whenever it ends before it is told to. */
function keptReplica(port: number, { startQuota }: LedgerHome) {
  const address = `127.0.0.1:${port}`;
  let isStopping = false;
  let child: Child;
  const start = (): void => {
    // Whoever is killed all the time and is quiet after each start would never let anything expire.
    child = startQuota(address, { KONTOR_LOG: 'error', KONTOR_QUIET_MS: '1000' });
    void child.exited.then(() => isStopping || start());
  };
  start();
  return {
    address,
    kill: () => child.kill('SIGKILL'),
    async stop() {
      isStopping = true;
      await child.stop();
    },
  };
}
