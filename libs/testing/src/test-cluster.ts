/** The environment variable by which the run's setup tells a worker of Jest which PostgreSQL is its own. */
export const clusterVariable = (worker: number | string): string => `KONTOR_TEST_POSTGRES_${worker}`;

/**
 * postgres://… of the superuser of this worker's cluster. Each worker has its own, because a transaction that one suite
 * has open holds up the journal of every other suite in the cluster.
 *
 * @throws where Jest's configuration does not name the setup that starts clusters
 */
export function testClusterUrl(): string {
  const url = process.env[clusterVariable(process.env.JEST_WORKER_ID ?? 1)];
  if (!url) throw new Error(`Name '@kontor/testing/postgres-setup' as globalSetup in jest.config.mjs.`);
  return url;
}
