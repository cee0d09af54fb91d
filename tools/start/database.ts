import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster, stopCluster, type Cluster } from '@kontor/postgres/cluster';
import { ensureDatabase, type DatabaseUrls } from '@kontor/postgres/ensure-database';
import type { Running } from './keep.ts';
import { databasePasswords } from './secrets.ts';
import { SERVICES } from './services.ts';
import type { StartSettings } from './settings.ts';

/** Starts PostgreSQL, which takes over from one that a killed starter left behind. */
export async function startDatabase({ home, ports }: StartSettings): Promise<Cluster & Running> {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const cluster = await startCluster({
    directory: clusterFolder(home),
    port: ports.postgres,
    logFile: join(home, 'logs', 'postgres.log'),
  });
  const ended = cluster.exited.then(() => 'see its log');
  return { ...cluster, ended, stop: (patienceMs) => stopCluster(cluster, patienceMs) };
}

export const clusterFolder = (home: string): string => join(home, 'postgres');

/** Makes the databases and roles of the services, and answers how to connect to each. */
export async function ensureDatabases(adminUrl: string, { home }: StartSettings): Promise<Map<string, DatabaseUrls>> {
  const urls = new Map<string, DatabaseUrls>();
  for (const { name: service } of SERVICES.filter(({ database }) => database)) {
    urls.set(service, await ensureDatabase({ adminUrl, service, passwords: databasePasswords(home, service) }));
  }
  return urls;
}
