import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { check, migrate, type Schema } from '@kontor/postgres/migrate';
import { ROOT } from './settings.ts';
import { StartFault } from './start-fault.ts';

/** Runs a service's migrations as the owner of its tables. Throws StartFault where these and the database disagree. */
export async function migrateService(service: string, url: string, log: (line: string) => void): Promise<void> {
  const { ran, drift } = await migrate({ url, ...(await schemaOf(service)), log });
  if (ran.length === 0) log('is up to date');
  refuseDrift(service, drift);
}

/** Throws StartFault where a service's migrations have not all run, or its tables and database disagree. */
export async function checkService(service: string, url: string, log: (line: string) => void): Promise<void> {
  const { pending, drift } = await check({ url, ...(await schemaOf(service)) });
  if (pending.length > 0) {
    throw new StartFault(
      `The database of ${service} lacks ${pending.join(', ')}.`,
      `Run npm run migrate -- ${service}.`,
    );
  }
  refuseDrift(service, drift);
  log('is up to date');
}

function refuseDrift(service: string, drift: string[]): void {
  if (drift.length === 0) return;
  throw new StartFault(
    `The tables of ${service} and its database disagree:\n${drift.map((sql) => `  ${sql};`).join('\n')}\n`,
    'Add a migration that does this, or correct the tables.',
  );
}

/** What a service keeps, as it was built. */
async function schemaOf(service: string): Promise<Schema> {
  const file = join(ROOT, 'apps', service, 'dist', 'src', 'database.js');
  if (!existsSync(file)) throw new StartFault(`The service ${service} is not built.`, 'Run npm run build.');
  const { default: schema } = (await import(pathToFileURL(file).href)) as { default: Schema };
  return { tables: schema.tables, migrations: schema.migrations };
}
