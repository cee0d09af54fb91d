import { afterAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '@kontor/testing/database';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from './database.ts';
import { uuid7 } from './id.ts';
import { enterScope, inScope, SCOPE_PERSON, tenantRowsSql, type RowScope } from './tenant-scope.ts';

class Notes1700000000000 implements MigrationInterface {
  readonly name = 'Notes1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE note (tenant_id uuid, person_id uuid, text text NOT NULL);
      ${tenantRowsSql('note')}
      CREATE POLICY of_person ON note FOR SELECT USING (person_id = ${SCOPE_PERSON});
      GRANT SELECT, INSERT, UPDATE, DELETE ON note TO kontor_scope;`);
  }
  async down(): Promise<void> {}
}

const [ADA, BOB] = [uuid7(), uuid7()];
const [PERSON] = [uuid7()];

describe('in the scope of a tenant', () => {
  it('only its rows are seen, changed and deleted, whatever the statement says', async () => {
    const { db, texts } = await setup();
    expect(await texts({ tenantId: ADA })).toEqual(['of Ada']);
    await inScope(db, { tenantId: BOB }, (tx) => tx.query(`UPDATE note SET text = 'changed'`));
    await inScope(db, { tenantId: BOB }, (tx) => tx.query('DELETE FROM note'));
    expect(await texts('all')).toEqual(['of Ada', 'of nobody']);
  });

  it('nothing is written for another tenant', async () => {
    const { db } = await setup();
    const intrude = (sql: string) => inScope(db, { tenantId: ADA }, (tx) => tx.query(sql, [BOB]));
    await expect(intrude(`INSERT INTO note VALUES ($1, NULL, 'x')`)).rejects.toThrow('row-level security');
    await expect(intrude('UPDATE note SET tenant_id = $1')).rejects.toThrow('row-level security');
  });
});

describe('a person', () => {
  it('sees what is theirs in every tenant, and writes nothing by that', async () => {
    const { db, texts } = await setup();
    expect(await texts({ personId: PERSON })).toEqual(['of Bob']);
    const write = inScope(db, { personId: PERSON }, (tx) =>
      tx.query(`INSERT INTO note VALUES ($1, $2, 'x')`, [BOB, PERSON]),
    );
    await expect(write).rejects.toThrow('row-level security');
  });
});

describe('without a scope', () => {
  it('there is nothing, on a connection that was in one before too', async () => {
    const { db, texts } = await setup(1);
    expect(await db.query('SELECT * FROM note')).toEqual([]);
    expect(await texts('all')).toHaveLength(3);
    expect(await db.query('SELECT * FROM note')).toEqual([]);
    await expect(db.query(`INSERT INTO note VALUES ($1, NULL, 'x')`, [ADA])).rejects.toThrow('row-level security');
  });

  it('there is nothing for the owner of the table either', async () => {
    const { ownerUrl } = await setup();
    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    const { rows } = await owner.query('SELECT * FROM note');
    await owner.end();
    expect(rows).toEqual([]);
  });
});

describe('a scope', () => {
  it('can be exchanged for another within a transaction, and the one before is over then', async () => {
    const { db } = await setup();
    const seen = await inScope(db, 'all', async (tx) => {
      const counts: number[] = [];
      for (const scope of ['all', { tenantId: ADA }, { personId: PERSON }, { tenantId: uuid7() }] as RowScope[]) {
        await enterScope(tx, scope);
        counts.push((await tx.query<object[]>('SELECT FROM note')).length);
      }
      return counts;
    });
    expect(seen).toEqual([3, 1, 1, 0]);
  });

  it('never leaks into another that takes turns with it on two connections, not even after failures', async () => {
    const { db, texts } = await setup(2);
    const expected = new Map<RowScope, string[]>([
      [{ tenantId: ADA }, ['of Ada']],
      [{ tenantId: BOB }, ['of Bob']],
      ['all', ['of Ada', 'of Bob', 'of nobody']],
    ]);
    const turns = Array.from({ length: 40 }, () => [...expected.keys()]).flat();
    const seen = await Promise.all(
      turns.map(async (scope, n) => {
        const fails = inScope(db, scope, (tx) => tx.query(n % 2 ? 'SELECT 1 / 0' : 'SELECT 1')).catch(() => undefined);
        const [found, none] = await Promise.all([texts(scope), db.query<object[]>('SELECT FROM note'), fails]);
        return { found, none: none.length };
      }),
    );
    expect(seen).toEqual(turns.map((scope) => ({ found: expected.get(scope), none: 0 })));
  });
});

const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

/** A note of Ada's tenant, one of Bob's that is also the person's, and one of nobody's. */
async function setup(poolSize = 3) {
  const database = await testDatabase('scope', [Notes1700000000000]);
  opened.push(() => database.drop());
  const { url, ownerUrl } = database;
  const options = dataSourceOptions({ service: 'scope', tables: [], migrations: [], url, poolSize });
  const db = await new DataSource(options).initialize();
  opened.push(() => db.destroy());
  await inScope(db, 'all', (tx) =>
    tx.query(`INSERT INTO note VALUES ($1, NULL, 'of Ada'), ($2, $3, 'of Bob'), (NULL, NULL, 'of nobody')`, [
      ADA,
      BOB,
      PERSON,
    ]),
  );
  const texts = async (scope: RowScope): Promise<string[]> => {
    const sql = 'SELECT text FROM note ORDER BY text';
    return (await inScope(db, scope, (tx) => tx.query<{ text: string }[]>(sql))).map(({ text }) => text);
  };
  return { db, ownerUrl, texts };
}
