import { create } from '@bufbuild/protobuf';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RateSchema, type Rate } from '@kontor/contracts/quota/v1/quota';
import { testDatabase } from '@kontor/testing/database';
import { Column, DataSource, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { databaseModule, dataSourceOptions, furtherDatabase, FurtherDatabase, transaction } from './database.ts';
import { journal, journalTableSql } from './journal.ts';
import { problemOf } from './problem.ts';
import { asBigint, toMessage, type Row } from './row.ts';

@Entity('rate')
class RateRow implements Row<Rate> {
  @PrimaryColumn('text')
  acceleratorClass!: string;
  @Column('bigint', { transformer: asBigint })
  ucrPerDeviceHour!: bigint;
  @Column('timestamptz')
  validFrom!: Date;
}

class Rates1700000000000 implements MigrationInterface {
  readonly name: string = 'Rates1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE rate (accelerator_class text PRIMARY KEY, ucr_per_device_hour bigint NOT NULL,
      valid_from timestamptz NOT NULL); GRANT SELECT, INSERT, UPDATE ON rate TO kontor_kit;`);
    await runner.query(journalTableSql('kontor_kit'));
  }
  async down(): Promise<void> {}
}

class Later1800000000000 extends Rates1700000000000 {
  override readonly name: string = 'Later1800000000000';
}

const AT = new Date('2026-01-02T03:04:05.678Z');
const EVE = { at: AT, actor: 'quota', action: 'rate.set', subject: 'cpu.x86_64' };

describe('a row', () => {
  it.each([0n, 1n, -1n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'keeps %s exactly, and becomes its message',
    async (amount) => {
      const { dataSource } = await setup();
      const repository = dataSource.getRepository(RateRow);
      await repository.insert({ acceleratorClass: 'x', ucrPerDeviceHour: amount, validFrom: AT });
      const row = await repository.findOneByOrFail({ acceleratorClass: 'x' });
      expect(toMessage(RateSchema, row)).toEqual(
        create(RateSchema, {
          acceleratorClass: 'x',
          ucrPerDeviceHour: amount,
          validFrom: { seconds: BigInt(Math.floor(+AT / 1000)), nanos: 678_000_000 },
        }),
      );
    },
  );
});

describe('a transaction', () => {
  it('leaves nothing of work that fails', async () => {
    const { dataSource, count } = await setup();
    await expect(
      transaction(dataSource, async (tx) => {
        await tx.insert(RateRow, { acceleratorClass: 'x', ucrPerDeviceHour: 1n, validFrom: AT });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await count('rate')).toBe(0);
  });

  it('survives a deadlock: one of the two runs again, and both take effect', async () => {
    const { dataSource } = await setup();
    for (const name of ['a', 'b'])
      await dataSource.getRepository(RateRow).insert({ acceleratorClass: name, ucrPerDeviceHour: 0n, validFrom: AT });
    let arrived = 0;
    let open = (): void => {};
    const both = new Promise<void>((resolve) => {
      open = resolve;
    });
    const cross = (first: string, second: string) =>
      transaction(dataSource, async (tx) => {
        await tx.increment(RateRow, { acceleratorClass: first }, 'ucrPerDeviceHour', 1);
        if (++arrived >= 2) open();
        await both;
        await tx.increment(RateRow, { acceleratorClass: second }, 'ucrPerDeviceHour', 1);
      });
    await Promise.all([cross('a', 'b'), cross('b', 'a')]);
    expect(arrived).toBeGreaterThan(2);
    const rows = await dataSource.getRepository(RateRow).find();
    expect(rows.map((row) => row.ucrPerDeviceHour)).toEqual([2n, 2n]);
  });

  it('on a database that went away fails as unavailable', async () => {
    const { dataSource, database } = await setup();
    await database.drop();
    const failure = transaction(dataSource, (tx) => tx.query('SELECT 1')).then(() => undefined, problemOf);
    expect(await failure).toMatchObject({ code: 'database_unavailable' });
  });
});

describe('the journal', () => {
  it('is written with its mutation or not at all', async () => {
    const { dataSource, count } = await setup();
    await expect(
      transaction(dataSource, async (tx) => {
        await journal(tx, [EVE]);
        throw new Error('no');
      }),
    ).rejects.toThrow();
    expect(await count('journal')).toBe(0);
    await transaction(dataSource, (tx) => journal(tx, [{ ...EVE, before: undefined, after: { ucr: 2n ** 63n - 1n } }]));
    const [record] = await dataSource.query<object[]>('SELECT *, tenant_id AS "tenantId" FROM journal');
    expect(record).toMatchObject({ ...EVE, after: { ucr: '9223372036854775807' } });
  });

  it('cannot be changed or deleted by the service', async () => {
    const { dataSource } = await setup();
    await transaction(dataSource, (tx) => journal(tx, [EVE]));
    for (const sql of [`UPDATE journal SET actor = 'eve'`, 'DELETE FROM journal', 'TRUNCATE journal']) {
      await expect(dataSource.query(sql)).rejects.toThrow('permission denied');
    }
  });
});

describe('a service', () => {
  it('starts on the schema it was written for', async () => {
    const { database } = await setup();
    const app = await start(database.url, [Rates1700000000000]);
    await app.close();
  });

  it('refuses a database that lacks a migration, and one that is newer than itself', async () => {
    const { database } = await setup();
    await expect(start(database.url, [Rates1700000000000, Later1800000000000])).rejects.toThrow(
      'lacks Later1800000000000: run npm run migrate -- kit',
    );
    await expect(start(database.url, [])).rejects.toThrow('newer than this code (Rates1700000000000)');
  });
});

describe('further connections of a service', () => {
  it('have settings of their own, and are closed when the service stops', async () => {
    const { database } = await setup();
    const app = await start(database.url, [Rates1700000000000]);
    const further = app.get(Further);
    const setting = async (from: DataSource) => (await from.query<object[]>('SHOW enable_seqscan'))[0];
    expect(await setting(further)).toEqual({ enable_seqscan: 'off' });
    expect(await setting(app.get(DataSource))).toEqual({ enable_seqscan: 'on' });
    await app.close();
    expect(further.isInitialized).toBe(false);
  });

  it('open when the schema is known to be right, so that what is wrong with it is said first', async () => {
    const { database } = await setup();
    const asNobody = { role: 'nobody_there' };
    await expect(start(database.url, [], asNobody)).rejects.toThrow('newer than this code');
    await expect(start(database.url, [Rates1700000000000], asNobody)).rejects.toThrow('nobody_there');
  });
});

class Further extends FurtherDatabase {}

function start(
  url: string,
  migrations: (new () => MigrationInterface)[],
  settings: Record<string, string> = { enable_seqscan: 'off' },
) {
  const config = { service: 'kit', tables: [RateRow], migrations, url };
  @Module({ imports: [databaseModule(config)], providers: [furtherDatabase(Further, { ...config, settings })] })
  class App {}
  return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
}

const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

async function setup() {
  const database = await testDatabase('kit', [Rates1700000000000]);
  opened.push(() => database.drop());
  const dataSource = await new DataSource(
    dataSourceOptions({ service: 'kit', tables: [RateRow], migrations: [], url: database.url }),
  ).initialize();
  opened.push(() => dataSource.destroy());
  const count = async (table: string) =>
    Number((await dataSource.query<{ n: string }[]>(`SELECT count(*) AS n FROM ${table}`))[0]!.n);
  return { database, dataSource, count };
}
