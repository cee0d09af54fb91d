import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { testDatabase } from '@kontor/testing/database';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './database.ts';
import { journalTableSql } from './journal.ts';
import { logger } from './log.ts';
import { problemOf } from './problem.ts';

class Persons1700000000000 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query(`CREATE TABLE person (email text PRIMARY KEY, age int CHECK (age > 0));
      GRANT SELECT, INSERT ON person TO kontor_kit;`);
    await runner.query(journalTableSql('kontor_kit'));
  }
  async down(): Promise<void> {}
}

describe('what the log says of a statement that failed', () => {
  it('is which one, where and why, and not with which values', async () => {
    await using it = await setup();
    for (const age of [1, 1, -1]) {
      await it.dataSource.query('INSERT INTO person VALUES ($1, $2)', ['ada@demo.example', age]).catch(it.write);
    }
    const [twice, negative] = it.written();
    const about = { type: 'QueryFailedError', query: expect.stringContaining('INSERT INTO person'), table: 'person' };
    expect(twice).toMatchObject({ err: { ...about, code: '23505', constraint: 'person_pkey' } });
    expect(negative).toMatchObject({ err: { ...about, code: '23514', stack: expect.stringContaining('log.spec') } });
    expect(JSON.stringify(it.written())).not.toContain('ada@');
  });

  it('is no more where several failed, or it is told as the cause of a problem', async () => {
    await using it = await setup();
    const insert = () => it.dataSource.query('INSERT INTO person VALUES ($1, 1)', ['ada@demo.example']);
    await insert();
    const error: unknown = await insert().catch((thrown: unknown) => thrown);
    for (const told of [problemOf(error), new AggregateError([error])]) it.write(told);
    expect(JSON.stringify(it.written())).toContain('person_pkey');
    expect(JSON.stringify(it.written())).not.toContain('ada@');
  });
});

describe('what is thrown and no error', () => {
  it.each(['oops', undefined, null, 7])('such as %p is logged all the same', async (thrown) => {
    await using it = await setup();
    it.write(thrown);
    expect(it.written()).toMatchObject([{ msg: 'unexpected failure' }]);
  });
});

describe('a statement that had to wait too long', () => {
  it('for a lock, or at all, is a problem that passes', async () => {
    await using it = await setup();
    const holder = it.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT pg_advisory_xact_lock(7)');
    for (const limit of ['lock_timeout', 'statement_timeout']) {
      const failing = it.dataSource.transaction(async (tx) => {
        await tx.query(`SET LOCAL ${limit} = 50`);
        await tx.query('SELECT pg_advisory_xact_lock(7)');
      });
      expect(await failing.catch(problemOf)).toMatchObject({ code: 'database_busy', kind: Kind.UNAVAILABLE });
    }
    await holder.rollbackTransaction();
    await holder.release();
  });
});

async function setup() {
  const database = await testDatabase('kit', [Persons1700000000000]);
  const options = dataSourceOptions({ service: 'kit', tables: [], migrations: [], url: database.url });
  const dataSource = await new DataSource(options).initialize();
  const lines: string[] = [];
  const log = logger('test', 'info', new Writable({ write: (line, _, done) => (lines.push(String(line)), done()) }));
  return {
    dataSource,
    write: (err: unknown) => log.error({ err }, 'unexpected failure'),
    written: () => lines.map((line) => JSON.parse(line) as object),
    [Symbol.asyncDispose]: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}
