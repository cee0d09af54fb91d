import { globSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopCluster } from '@kontor/postgres/cluster';
import { isRunning } from '@kontor/postgres/is-running';

const PREFIX = 'kontor-test-';

/** A temporary folder for one run of Jest, named after its process so that a later run can tell when it is over. */
export const makeRunFolder = (): string => mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));

/** Stops and deletes what a run that was killed left behind. */
export async function sweepDeadRuns(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const name of folders.filter((folder) => !isRunning(Number(folder.split('-')[2])))) {
    await deleteRunFolder(join(tmpdir(), name));
  }
}

/** Where the cluster of one of the run's workers lies. */
export const clusterFolder = (folder: string, worker: number | string): string => join(folder, `postgres-${worker}`);

/** Stops the clusters in a run's folder and deletes the folder. */
export async function deleteRunFolder(folder: string): Promise<void> {
  const clusters = globSync(clusterFolder(folder, '*'));
  await Promise.all(clusters.map((directory) => stopCluster({ directory })));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
