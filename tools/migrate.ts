import { parseArgs } from 'node:util';
import { adminUrlOf } from '@kontor/postgres/cluster';
import { databaseUrls } from '@kontor/postgres/ensure-database';
import { ensureBuilt } from './start/build.ts';
import { clusterFolder, ensureDatabases } from './start/database.ts';
import { StartFault, tell, TERMINAL } from './start/start-fault.ts';
import { databasePasswords } from './start/secrets.ts';
import { migrateService, checkService } from './start/migrations.ts';
import { SERVICES } from './start/services.ts';
import { HOST, readSettings } from './start/settings.ts';

const USAGE = 'Use: npm run migrate -- all | <service> [--check] [--url postgres://owner:password@host/database]';

/** Migrates the databases of a Kontor whose PostgreSQL runs, or of one service anywhere. Exit code 1 on drift. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false }, url: { type: 'string' } },
  });
  const known = SERVICES.filter(({ database }) => database).map(({ name }) => name);
  const wanted = positionals[0] === 'all' ? known : known.filter((name) => name === positionals[0]);
  if (wanted.length === 0)
    throw new StartFault(`There is no service with a database called ${positionals[0] ?? '(nothing)'}.`, USAGE);
  if (values.url && wanted.length > 1) throw new StartFault('One address cannot be that of all databases.', USAGE);
  await ensureBuilt();
  // Migrations grant rights to roles, which a database that an older Kontor made may lack.
  if (!values.check && !values.url) await ensureRoles();
  const run = values.check ? checkService : migrateService;
  for (const service of wanted) {
    await run(service, values.url ?? ownerUrl(service), (line) => console.log(`${service}: ${line}`));
  }
}

async function ensureRoles(): Promise<void> {
  const settings = readSettings(process.env);
  await ensureDatabases(adminUrlOf(clusterFolder(settings.home), settings.ports.postgres), settings);
}

function ownerUrl(service: string): string {
  const { home, ports } = readSettings(process.env);
  const adminUrl = `postgres://${HOST}:${ports.postgres}`;
  return databaseUrls(adminUrl, service, databasePasswords(home, service), `kontor_${service}`).ownerUrl;
}

try {
  await main();
} catch (error) {
  console.error(tell(error, TERMINAL));
  process.exitCode = 1;
}
