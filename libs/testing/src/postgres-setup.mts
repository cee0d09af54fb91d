import { join } from 'node:path';
import { startCluster } from '@kontor/postgres/cluster';
import { makeRunFolder, sweepDeadRuns } from './run-folder.ts';

/**
 * Jest `globalSetup`: one PostgreSQL cluster for the run, on a free port, in a temporary folder, without fsync unless
 * `KONTOR_TEST_DURABILITY=full`. Node loads this file itself, so that it may import packages that Jest would transform.
 */
export default async function setup(): Promise<void> {
  await sweepDeadRuns();
  const folder = makeRunFolder();
  const { adminUrl } = await startCluster({
    directory: join(folder, 'postgres'),
    port: 0,
    logFile: join(folder, 'postgres.log'),
    durability: process.env.KONTOR_TEST_DURABILITY === 'full' ? 'full' : 'none',
  });
  process.env.KONTOR_TEST_FOLDER = folder;
  process.env.KONTOR_TEST_POSTGRES = adminUrl;
}
