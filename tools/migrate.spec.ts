import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startCluster, stopCluster } from '@kontor/postgres/cluster';
import { asAdmin, withDatabase } from '@kontor/postgres/ensure-database';
import { freePort } from '@kontor/postgres/free-port';
import { migrate, type Schema } from '@kontor/postgres/migrate';
import { startProgram } from '@kontor/testing/child';
import { clusterFolder, ensureDatabases } from './start/database.ts';
import { readSettings, ROOT } from './start/settings.ts';

const homes: string[] = [];

afterAll(async () => {
  for (const home of homes) {
    await stopCluster({ directory: clusterFolder(home) });
    rmSync(home, { recursive: true });
  }
});

describe('npm run migrate', () => {
  it('brings up to date what an older Kontor made, with a role that it did not know', async () => {
    const { run, makeOlderQuota } = await setup();
    await makeOlderQuota();
    const check = await run('quota', '--check');
    expect([check.code, check.output]).toEqual([1, expect.stringContaining('The database of quota lacks TenantRows')]);
    const { code, output } = await run('quota');
    expect([code, output]).toEqual([0, expect.stringContaining('quota: ran TenantRows')]);
    expect(await run('quota', '--check')).toEqual({ code: 0, output: 'quota: is up to date\n' });
  });

  it('says in a sentence where there is no database yet', async () => {
    const { run } = await setup();
    const { code, output } = await run('quota');
    expect([code, output]).toEqual([1, expect.stringMatching(/^There is no PostgreSQL in .* yet\. Start Kontor once/)]);
  });
});

async function setup() {
  const home = mkdtempSync(join(tmpdir(), 'kontor-migrate-'));
  homes.push(home);
  const env = { KONTOR_HOME: home, KONTOR_POSTGRES_PORT: String(await freePort()), NODE_OPTIONS: '' };
  const settings = readSettings(env);
  return {
    /** Quota's database as it was before its ledger had a role of its own; PostgreSQL runs. */
    async makeOlderQuota(): Promise<void> {
      const { adminUrl } = await startCluster({
        directory: clusterFolder(home),
        port: settings.ports.postgres,
        logFile: join(home, 'log'),
        durability: 'none',
      });
      const { ownerUrl = '' } = (await ensureDatabases(adminUrl, settings)).get('quota') ?? {};
      const built = pathToFileURL(join(ROOT, 'apps/quota/dist/src/database.js')).href;
      const { default: schema } = (await import(built)) as { default: Schema };
      const older = schema.migrations.slice(
        0,
        schema.migrations.findIndex(({ name }) => name.startsWith('TenantRows')),
      );
      await migrate({ url: ownerUrl, tables: [], migrations: older });
      await asAdmin(withDatabase(adminUrl, 'kontor_quota'), (admin) =>
        admin.query('DROP OWNED BY kontor_quota_ledger; DROP ROLE kontor_quota_ledger'),
      );
    },
    async run(...args: string[]) {
      await using child = startProgram('tools/migrate.ts', args, env);
      const code = await child.exited;
      return { code, output: child.output() };
    },
  };
}
