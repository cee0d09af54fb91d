import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { startCluster, stopCluster, type Cluster } from './cluster.ts';
import { asAdmin, ensureDatabase } from './ensure-database.ts';
import { check, migrate } from './migrate.ts';

const never = () => Promise.reject(new Error('Migrations go forward only.'));

class Accounts implements MigrationInterface {
  readonly name = 'Accounts1700000000001';
  readonly down = never;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE account (id uuid PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))`);
    await runner.query(`CREATE TABLE times_run AS SELECT 0 AS times`);
  }
}

class Count implements MigrationInterface {
  readonly name = 'Count1700000000002';
  readonly down = never;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('UPDATE times_run SET times = times + 1');
    await runner.query('SELECT pg_sleep(0.1)');
  }
}

class Broken implements MigrationInterface {
  readonly name = 'Broken1700000000003';
  readonly down = never;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE account ADD COLUMN half text');
    await runner.query('ALTER TABLE nowhere ADD COLUMN other text');
  }
}

@Entity('account')
class AccountRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('bigint') balance!: string;
}

@Entity('account')
class RicherAccountRow extends AccountRow {
  @Column('text') note!: string;
}

@Entity('account')
class NarrowerAccountRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('int') balance!: number;
}

describe('migrations', () => {
  let cluster: Cluster;
  let databases = 0;
  const folder = mkdtempSync(join(tmpdir(), 'kontor-migrate-'));

  beforeAll(async () => {
    cluster = await startCluster({
      directory: join(folder, 'postgres'),
      port: 0,
      logFile: join(folder, 'log'),
      durability: 'none',
    });
  });

  afterAll(async () => {
    await stopCluster(cluster);
    rmSync(folder, { recursive: true });
  });

  it('run in order, once', async () => {
    const url = await setup();
    expect((await migrate({ url, tables: [], migrations: [Count, Accounts] })).ran).toEqual([
      'Accounts1700000000001',
      'Count1700000000002',
    ]);
    expect((await migrate({ url, tables: [], migrations: [Count, Accounts] })).ran).toEqual([]);
  });

  it('started by five at once on an empty database all succeed, and each ran a single time', async () => {
    const url = await setup();
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const runs = await Promise.all(
      Array.from({ length: 5 }, () => migrate({ url, tables: [AccountRow], migrations: [Accounts, Count], log })),
    );
    expect(runs.flatMap(({ ran }) => ran)).toEqual(['Accounts1700000000001', 'Count1700000000002']);
    expect(await sql(url, 'SELECT times FROM times_run')).toEqual([{ times: 1 }]);
    expect(lines.filter((line) => line === 'waits for another run')).toHaveLength(4);
  });

  it('that fail change nothing and say why, and those before them stay', async () => {
    const url = await setup();
    await expect(migrate({ url, tables: [], migrations: [Accounts, Broken] })).rejects.toThrow(
      '"nowhere" does not exist',
    );
    expect(
      await sql(
        url,
        `SELECT column_name FROM information_schema.columns WHERE table_name = 'account'
      ORDER BY 1`,
      ),
    ).toEqual([{ column_name: 'balance' }, { column_name: 'id' }]);
    expect((await check({ url, tables: [], migrations: [Accounts, Broken] })).pending).toEqual(['Broken1700000000003']);
  });

  it('agree with the tables, although the database is stricter than these can say', async () => {
    const url = await setup();
    expect((await migrate({ url, tables: [AccountRow], migrations: [Accounts] })).drift).toEqual([]);
  });

  it('that forgot a column are named by what is missing', async () => {
    const url = await setup();
    expect((await migrate({ url, tables: [RicherAccountRow], migrations: [Accounts] })).drift).toEqual([
      'ALTER TABLE "account" ADD "note" text NOT NULL',
    ]);
  });

  it('that made a column of another type are named by the difference', async () => {
    const url = await setup();
    const { drift } = await migrate({ url, tables: [NarrowerAccountRow], migrations: [Accounts] });
    expect(drift.join('\n')).toContain('"balance" integer');
  });

  it('can be checked without changing anything', async () => {
    const url = await setup();
    const found = await check({ url, tables: [AccountRow], migrations: [Accounts, Count] });
    expect(found.pending).toEqual(['Accounts1700000000001', 'Count1700000000002']);
    expect(found.drift.join()).toContain('CREATE TABLE "account"');
    expect(await sql(url, `SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).toEqual([]);
  });

  /** An empty database; answers how its owner connects. */
  async function setup(): Promise<string> {
    const { ownerUrl } = await ensureDatabase({
      adminUrl: cluster.adminUrl,
      service: 'quota',
      passwords: { owner: 'owner', app: 'app' },
      database: `empty_${databases++}`,
    });
    return ownerUrl;
  }
});

const sql = (url: string, text: string) => asAdmin(url, async (admin) => (await admin.query(text)).rows as unknown[]);
