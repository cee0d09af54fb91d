import { execFile } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { ASSETS, type LedgerUnderLoad } from './ledger-under-load.ts';
import { reservationSql } from './reservation.sql.ts';

const CLIENTS = 16;
const THREADS = 2;

/** Lets pgbench name projects by number. */
export async function numberProjects({ databaseUrl, payers, accountIds }: LedgerUnderLoad): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `CREATE TABLE bench_project
      (n int PRIMARY KEY, tenant_id uuid, project_id uuid, account_ids uuid[], assets text[])`,
  );
  for (const [n, { project }] of payers.entries()) {
    await client.query('INSERT INTO bench_project VALUES ($1, $2, $3, $4, $5)', [
      n + 1,
      project.tenantId,
      project.projectId,
      accountIds[n],
      ASSETS,
    ]);
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}

/** Reservations per second that pgbench reaches with one transaction each, over the first so many projects. */
export async function pgbench(databaseUrl: string, projects: number, seconds: number): Promise<number> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'kontor-pgbench-'));
  const script = join(folder.path, 'reservation.sql');
  writeFileSync(script, reservationSql(projects));
  const args = [
    '-n',
    '-T',
    String(seconds),
    '-c',
    String(CLIENTS),
    '-j',
    String(THREADS),
    '-M',
    'prepared',
    '-f',
    script,
  ];
  const { stdout } = await promisify(execFile)('pgbench', args, { env: libpqEnvironment(databaseUrl) }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error('pgbench is not installed: run npm run setup:engines.') : error;
    },
  );
  const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
  if (tps === undefined || !/number of failed transactions: 0 /.test(stdout))
    throw new Error(`pgbench failed: ${stdout}`);
  return Number(tps);
}

/** A password on the command line could be read by every user of the machine. */
function libpqEnvironment(databaseUrl: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  return {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  };
}
