import 'reflect-metadata';
import pg from 'pg';
import { AbstractLogger, DataSource, type MixedList } from 'typeorm';
import { drift } from './drift.ts';

/** Tables (entity classes) and migration classes of one service. */
export interface Schema {
  tables: NewableFunction[];
  migrations: NewableFunction[];
}

export interface MigrateOptions extends Schema {
  /** Connects as the role that owns the tables. */
  url: string;
  log?: (line: string) => void;
}

export interface Migrated {
  /** Names of the migrations that ran now, in order. */
  ran: string[];
  /** SQL that would make the database what the tables say; empty when they agree. */
  drift: string[];
}

/** Any number, the same in every service: advisory locks belong to one database. */
const LOCK = 7_832_002;

/**
 * Runs the migrations that a database lacks, each in its transaction, then compares the tables with it. Of several that
 * do this at once, one works and the others wait and find nothing left to do. A failed migration changes nothing.
 */
export async function migrate({ log = () => undefined, ...options }: MigrateOptions): Promise<Migrated> {
  return withLock(options.url, log, () =>
    withDataSource(options, async (source) => {
      const ran = await source.runMigrations({ transaction: 'each' });
      await source.query(`GRANT SELECT ON migrations TO "${appRole(options.url)}"`);
      for (const { name } of ran) log(`ran ${name}`);
      return { ran: ran.map(({ name }) => name), drift: await drift(source) };
    }),
  );
}

/** What `migrate` would find: the migrations that have not run, and the drift as it is. Changes nothing. */
export async function check(options: Omit<MigrateOptions, 'log'>): Promise<{ pending: string[]; drift: string[] }> {
  return withDataSource(options, async (source) => {
    const [{ known }] = await source.query(`SELECT to_regclass('migrations') IS NOT NULL AS known`);
    const rows: { name: string }[] = known ? await source.query('SELECT name FROM migrations') : [];
    const done = new Set(rows.map(({ name }) => name));
    const pending = source.migrations
      .map(({ name, constructor }) => name ?? constructor.name)
      .filter((n) => !done.has(n));
    return { pending, drift: await drift(source) };
  });
}

/** The service itself may read which migrations ran, so that it can refuse a schema it was not written for. */
const appRole = (ownerUrl: string) => new URL(ownerUrl).username.replace(/_owner$/, '');

async function withLock<T>(url: string, log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [LOCK]);
    if (!rows[0]?.free) {
      log('waits for another run');
      await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    }
    return await work();
  } finally {
    await client.end();
  }
}

async function withDataSource<T>(
  options: Schema & { url: string },
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  // Only now, because `npm start` loads this file before it builds the kit.
  const { SnakeNaming } = await import('@kontor/kit/snake-naming');
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: options.tables as MixedList<NewableFunction & (new () => object)>,
    migrations: options.migrations as MixedList<NewableFunction & (new () => object)>,
    migrationsTableName: 'migrations',
    namingStrategy: new SnakeNaming(),
    installExtensions: false,
    logger: new Silent(),
  });
  await source.initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

/** TypeORM prints a failed migration to the console; here it is thrown, and the caller says what it wants. */
class Silent extends AbstractLogger {
  protected override writeLog(): void {
    // Nothing: see above.
  }
}
