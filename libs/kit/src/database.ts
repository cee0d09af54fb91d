import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Pool, PoolClient } from 'pg';
import {
  DataSource,
  QueryFailedError,
  type DataSourceOptions,
  type EntityManager,
  type MigrationInterface,
} from 'typeorm';
import { SnakeNaming } from './snake-naming.ts';

/** What a service keeps: its entities, and how the schema came to be. */
export interface ServiceDatabase {
  service: string;
  tables: (new () => object)[];
  migrations: (new () => MigrationInterface)[];
}

export interface DatabaseConfig extends ServiceDatabase {
  /** postgres://… of the app role, which owns nothing. */
  url: string;
  poolSize?: number;
  /** Lets statements that do not wait for each other travel together. */
  pipeline?: boolean;
  /** PostgreSQL settings of each connection, such as `{ enable_seqscan: 'off' }` or a role to take on. */
  settings?: Record<string, string>;
}

/** As TypeORM wants it. Never synchronised: migrations are the only way a schema changes. */
export const dataSourceOptions = ({
  service,
  tables,
  migrations,
  url,
  poolSize = 10,
  pipeline = false,
  settings = {},
}: DatabaseConfig): DataSourceOptions => ({
  type: 'postgres',
  url,
  entities: tables,
  migrations,
  namingStrategy: new SnakeNaming(),
  applicationName: `kontor-${service}`,
  extra: {
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    pipeline,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  },
});

/** A service's DataSource as a Nest module; it refuses to start on a schema that the code was not written for. */
export function databaseModule(config: DatabaseConfig): DynamicModule {
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ ...dataSourceOptions(config), retryAttempts: 0 }),
    dataSourceFactory: async (options) => {
      const dataSource = await new DataSource(options as DataSourceOptions).initialize();
      await hearConnections(dataSource);
      await refuseWrongSchema(dataSource, config).catch(async (error: unknown) => {
        await dataSource.destroy();
        throw error;
      });
      return dataSource;
    },
  });
}

/** Further connections to a service's database, such as under another role. A subclass is the token for them. */
export abstract class FurtherDatabase extends DataSource implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    if (this.isInitialized) await this.destroy();
  }
}

/** For a module that has the `databaseModule` too: they open once the schema is known to be the right one. */
export const furtherDatabase = (
  Further: new (options: DataSourceOptions) => FurtherDatabase,
  config: DatabaseConfig,
): Provider => ({
  provide: Further,
  inject: [DataSource],
  useFactory: async () => {
    const dataSource = await new Further(dataSourceOptions(config)).initialize();
    await hearConnections(dataSource);
    return dataSource;
  },
});

/**
 * A connection that the server cuts says so by an event, and says it twice; TypeORM listens to the first alone, and an
 * event that nobody hears ends the process. The statement that follows fails anyway, so it is enough to hear them.
 */
async function hearConnections(dataSource: DataSource): Promise<void> {
  const { master: pool } = dataSource.driver as { master?: Pool };
  if (!pool) throw new Error('The data source has no pool of connections.');
  const hear = (client: PoolClient): void => void client.on('error', () => undefined);
  pool.on('connect', hear);
  // The one that was opened before anybody could listen.
  const first = await pool.connect();
  hear(first);
  first.release();
}

async function refuseWrongSchema(dataSource: DataSource, { service, migrations }: ServiceDatabase): Promise<void> {
  const wanted = migrations.map((Migration) => new Migration().name ?? Migration.name);
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations').catch(() => []);
  const applied = new Set(rows.map(({ name }) => name));
  const missing = wanted.filter((name) => !applied.has(name));
  const unknown = [...applied].filter((name) => !wanted.includes(name));
  if (missing.length > 0)
    throw new Error(`The database of ${service} lacks ${missing.join(', ')}: run npm run migrate -- ${service}.`);
  if (unknown.length > 0)
    throw new Error(
      `The database of ${service} is newer than this code (${unknown.join(', ')}): start the newer version.`,
    );
}

const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS_MAX = 5;

/**
 * Runs work in one transaction (READ COMMITTED; correctness comes from row locks and constraints). A deadlock or a
 * serialisation failure rolls back and runs it again, so work must have no effect outside the transaction.
 */
export async function transaction<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await dataSource.transaction('READ COMMITTED', work);
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isRetryable(error)) throw error;
      // Jitter, so that two that met do not meet again.
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

const isRetryable = (error: unknown): boolean =>
  error instanceof QueryFailedError && RETRYABLE.has(String((error.driverError as { code?: unknown }).code));
