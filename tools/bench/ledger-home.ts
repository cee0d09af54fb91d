import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { uuid7 } from '@kontor/kit/id';
import { readTls } from '@kontor/kit/tls';
import { startCluster, stopCluster } from '@kontor/postgres/cluster';
import { ensureDatabase, withDatabase } from '@kontor/postgres/ensure-database';
import { startProgram, type Child } from '@kontor/testing/child';
import type { TestTls } from '@kontor/testing/test-tls';
import { ensureCertificate } from '@kontor/tls/certificate';
import { migrateService } from '../start/migrations.ts';

/** What quota services of one ledger share: certificates, and a migrated database on a PostgreSQL that fsyncs. */
export interface LedgerHome extends AsyncDisposable {
  tls: TestTls;
  /** postgres://… of the superuser, at the ledger's database. */
  databaseUrl: string;
  /** Starts a quota service as a process of its own, with settings beside those that it needs. */
  startQuota(address: string, settings: Record<string, string>): Child;
  /** Kills the server's main process; resolves once it serves again. */
  killPostgres(): Promise<void>;
}

/** Makes all of it in a folder. */
export async function startLedgerHome(folder: string): Promise<LedgerHome> {
  await using begun = new AsyncDisposableStack();
  mkdirSync(folder, { recursive: true });
  const tlsFolder = join(folder, 'tls');
  for (const service of ['quota', 'compute', 'gateway', 'start']) await ensureCertificate(tlsFolder, service);

  const cluster = { directory: join(folder, 'postgres'), logFile: join(folder, 'postgres.log') };
  let running = await startCluster({ ...cluster, port: 0 });
  begun.defer(() => stopCluster(cluster));
  const passwords = { owner: uuid7(), app: uuid7() };
  const { adminUrl } = running;
  const { url, ownerUrl } = await ensureDatabase({ adminUrl, service: 'quota', passwords });
  await migrateService('quota', ownerUrl, () => undefined);
  const parts = begun.move();
  return {
    tls: { directory: tlsFolder, of: (service) => readTls(tlsFolder, service) },
    databaseUrl: withDatabase(adminUrl, 'kontor_quota'),
    startQuota: (address, settings) =>
      startProgram('apps/quota/dist/src/main.js', [], {
        NODE_OPTIONS: '',
        KONTOR_LISTEN: address,
        KONTOR_TLS: tlsFolder,
        KONTOR_DATABASE_URL: url,
        KONTOR_OPERATOR: 'demo',
        ...settings,
      }),
    async killPostgres() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
      running = await startCluster({ ...cluster, port: running.port });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
