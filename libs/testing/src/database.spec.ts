import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { testDatabase } from './database.ts';

let migrated = 0;

class Notes0001 implements MigrationInterface {
  readonly name = 'Notes1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    migrated += 1;
    await runner.query('CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)');
    await runner.query('GRANT SELECT, INSERT ON note TO kontor_quota');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}

describe('the database of a test', () => {
  it('is migrated and empty, and what one test writes no other sees', async () => {
    await using first = await testDatabase('quota', [Notes0001]);
    await using second = await testDatabase('quota', [Notes0001]);
    await ask(first.url, `INSERT INTO note VALUES (1, 'mine')`);
    expect(await ask(first.url, 'SELECT * FROM note')).toEqual([{ id: 1, text: 'mine' }]);
    expect(await ask(second.url, 'SELECT * FROM note')).toEqual([]);
  });

  it('comes from a template that many tests at once migrate one single time', async () => {
    const databases = await Promise.all(Array.from({ length: 8 }, () => testDatabase('quota', [Notes0001])));
    expect(new Set(databases.map(({ name }) => name)).size).toBe(8);
    expect(migrated).toBeLessThanOrEqual(1);
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('gives the service a role that owns nothing and may only what was granted', async () => {
    await using database = await testDatabase('quota', [Notes0001]);
    await expect(ask(database.url, 'DELETE FROM note')).rejects.toThrow('permission denied for table note');
    await expect(ask(database.url, 'CREATE TABLE mine (id int)')).rejects.toThrow(
      'permission denied for schema public',
    );
    await expect(ask(database.url, 'ALTER TABLE note ADD x int')).rejects.toThrow('must be owner of table note');
    await ask(database.ownerUrl, 'ALTER TABLE note ADD x int');
  });

  it('is closed to the roles of other services', async () => {
    await using quota = await testDatabase('quota', [Notes0001]);
    await using compute = await testDatabase('compute', []);
    const trespass = new URL(compute.url);
    trespass.pathname = `/${quota.name}`;
    await expect(ask(trespass.href, 'SELECT 1')).rejects.toThrow('permission denied for database');
  });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
