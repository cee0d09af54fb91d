import { join } from 'node:path';
import { startCluster } from '@kontor/postgres/cluster';
import { clusterFolder, makeRunFolder, sweepDeadRuns } from './run-folder.ts';
import { clusterVariable } from './test-cluster.ts';

/**
 * Jest `globalSetup`: one PostgreSQL cluster for each worker of the run, on a free port, in a temporary folder, without
 * fsync unless `KONTOR_TEST_DURABILITY=full`. Node loads this file itself, so that it may import packages that Jest
 * would transform.
 */
export default async function setup({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  await sweepDeadRuns();
  const folder = makeRunFolder();
  process.env.KONTOR_TEST_FOLDER = folder;
  await Promise.all(Array.from({ length: maxWorkers }, (_, n) => startFor(n + 1, folder)));
}

async function startFor(worker: number, folder: string): Promise<void> {
  const { adminUrl } = await startCluster({
    directory: clusterFolder(folder, worker),
    port: 0,
    logFile: join(folder, `server-${worker}.log`),
    durability: process.env.KONTOR_TEST_DURABILITY === 'full' ? 'full' : 'none',
  });
  process.env[clusterVariable(worker)] = adminUrl;
}
