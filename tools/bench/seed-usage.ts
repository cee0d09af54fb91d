import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { ROOT } from '../start/settings.ts';
import { CHARGED, CHARGES, PAID, PEOPLED } from './usage.sql.ts';

/** So many charges are written by one statement. */
const CHUNK = 250_000;
const WRITERS = 2;
/** Nothing of this need survive a power cut, and indexes are made in memory. */
const HASTY = `-c synchronous_commit=off -c work_mem=128MB -c maintenance_work_mem=1GB`;

/** Fills a quota database, as its superuser, with two years of use; says on stderr how far it is. */
export async function seedUsage(databaseUrl: string): Promise<void> {
  const began = performance.now();
  const say = (what: string): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${what}\n`);
  };
  await using clients = new AsyncDisposableStack();
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: databaseUrl, options: HASTY });
    await client.connect();
    clients.defer(() => client.end());
    return client;
  };
  const client = await connect();
  await client.query(PEOPLED);
  say('awards and their projects');
  const indexes = await dropIndexes(client);
  const sums = await chargeSums();
  await sums.down(client);
  const writers = await Promise.all(Array.from({ length: WRITERS }, connect));
  let written = 0;
  await Promise.all(
    writers.map(async (writer, n) => {
      for (let from = (CHARGES / WRITERS) * n; from < (CHARGES / WRITERS) * (n + 1); from += CHUNK) {
        await writer.query(CHARGED, [from, from + CHUNK]);
        written += CHUNK;
        say(`${written.toLocaleString('en')} of ${CHARGES.toLocaleString('en')} charges`);
      }
    }),
  );
  for (const index of indexes) await client.query(index);
  say('indexes');
  await sums.up(client);
  say('sums');
  await client.query(PAID);
  await client.query('VACUUM ANALYZE');
  say('accounts, and statistics');
}

/**
 * The migration that sums up charges: undone before the charges come and done again once they are there, as for an
 * operator who had them before. Both are the owner's to do.
 */
async function chargeSums() {
  const file = join(ROOT, 'apps/quota/dist/migrations/0007-charge-sums.js');
  const { ChargeSums1700000000007: Sums } = await import(pathToFileURL(file).href);
  const migration = new Sums() as Record<'up' | 'down', (runner: pg.Client) => Promise<void>>;
  const asOwner = (way: 'up' | 'down') => async (client: pg.Client) => {
    await client.query('BEGIN; SET LOCAL ROLE kontor_quota_owner');
    await migration[way](client);
    await client.query('COMMIT');
  };
  return { up: asOwner('up'), down: asOwner('down') };
}

/** Indexes are made faster at the end than row by row. Answers how to make them again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; made: string }>(`
    SELECT indexname AS name, indexdef AS made FROM pg_indexes
    WHERE tablename = 'charge_record' AND indexname NOT IN (SELECT conname FROM pg_constraint)`);
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ made }) => made);
}
