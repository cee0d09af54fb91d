import type { DataSource } from 'typeorm';

/** Constraints and indexes that only the database has: SQL may promise more than an entity can say. */
const STRICTER = /^(ALTER TABLE \S+ DROP CONSTRAINT|DROP INDEX) /;

/** SQL that TypeORM would run to make the database what the entities say, but for what makes the database stricter. */
export async function drift(source: DataSource): Promise<string[]> {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query).filter((query) => !STRICTER.test(query));
}
