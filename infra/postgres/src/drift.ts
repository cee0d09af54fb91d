import type { DataSource } from 'typeorm';

/** Constraints, indexes and defaults that only the database has: SQL may promise more than an entity says. */
const MORE = /^(ALTER TABLE \S+ DROP CONSTRAINT |DROP INDEX |ALTER TABLE \S+ ALTER COLUMN \S+ DROP DEFAULT$)/;

/** SQL that TypeORM would run to make the database what the entities say, but for what the database promises beyond. */
export async function drift(source: DataSource): Promise<string[]> {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query).filter((query) => !MORE.test(query));
}
