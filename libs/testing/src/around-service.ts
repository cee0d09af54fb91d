import { withDatabase } from '@kontor/postgres/ensure-database';
import { DataSource, type QueryRunner } from 'typeorm';
import type { TestDatabase } from './database.ts';
import { testClusterUrl } from './test-cluster.ts';

/** Of PostgreSQL's superuser, whom no policy holds. */
export const superuserUrl = ({ name }: TestDatabase): string => withDatabase(testClusterUrl(), name);

/** Does something in a transaction of one of a database's roles, and takes it back. */
export async function undone<T>(url: string, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const source = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    return await work(runner);
  } finally {
    await source.destroy();
  }
}

/**
 * SQL that inserts a copy of one row of a table.
 *
 * @param changed names and values of the columns that differ, as SQL: `'id', gen_random_uuid()`
 */
export const another = (table: string, changed: string, where = 'true', overriding = ''): string => `
  INSERT INTO ${table} ${overriding} SELECT (jsonb_populate_record(r, jsonb_build_object(${changed}))).*
    FROM ${table} r WHERE ${where} LIMIT 1`;
