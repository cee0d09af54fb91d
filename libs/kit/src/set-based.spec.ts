import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from '@kontor/testing/database';
import { insertInto, together, update } from './set-based.ts';

interface Thing {
  id: string;
  name: string | null;
  amount: bigint;
  size: number;
  at: Date;
  parts: { label: string }[];
}

const insertThings = insertInto<Thing>('thing', {
  id: 'uuid',
  name: 'text',
  amount: 'int8',
  size: 'int4',
  at: 'timestamptz',
  parts: 'jsonb',
});

describe('a statement over many rows', () => {
  it('writes every value as it is, whatever characters it has', async () => {
    await using table = await setup();
    const names = [
      'plain',
      'a,b',
      '{curly}',
      'with "quotes"',
      'back\\slash',
      "o'clock",
      '',
      ' ',
      'NULL',
      null,
      'größer',
      'a\nb',
    ];
    const rows = names.map((name, n) => thing(n, { name, parts: [{ label: `${name}, "x" \\ {1}` }, { label: '' }] }));
    await table.client.query(insertThings(rows));
    expect(await table.read()).toEqual(rows);
  });

  it('writes the largest and the smallest numbers exactly', async () => {
    await using table = await setup();
    const amounts = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n, 0n, -1n];
    const rows = amounts.map((amount, n) => thing(n, { amount, size: 1 - n }));
    await table.client.query(insertThings(rows));
    expect(await table.read()).toEqual(rows);
  });

  it('updates the rows it names, each in its own way, and no others', async () => {
    await using table = await setup();
    const rows = [0, 1, 2].map((n) => thing(n, { amount: 10n }));
    await table.client.query(insertThings(rows));
    const add = update<Pick<Thing, 'id' | 'amount'>>(
      'thing',
      { id: 'uuid' },
      { amount: 'int8' },
      (column) => `old.${column} + new.${column}`,
    );
    await table.client.query(
      add([
        { id: id(0), amount: 5n },
        { id: id(2), amount: -20n },
      ]),
    );
    expect((await table.read()).map(({ amount }) => amount)).toEqual([15n, 10n, -10n]);
  });

  it('may go together with others, each with its own values, in any combination', async () => {
    await using table = await setup();
    await table.client.query(insertThings([thing(0)]));
    const rename = update<Pick<Thing, 'id' | 'name'>>('thing', { id: 'uuid' }, { name: 'text' });
    for (const [old, fresh] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const both = together([rename([{ id: id(old), name: `was ${old}` }]), insertThings([thing(fresh)])]);
      await table.client.query(both!);
    }
    expect((await table.read()).map(({ name }) => name)).toEqual(['was 0', 'was 1', 'thing']);
    expect(together([])).toBeUndefined();
  });

  const id = (n: number): string => `00000000-0000-7000-8000-00000000000${n.toString(16)}`;

  const thing = (n: number, some: Partial<Thing> = {}): Thing => ({
    id: id(n),
    name: 'thing',
    amount: 1n,
    size: 1,
    at: new Date('2030-01-01T00:00:00.001Z'),
    parts: [],
    ...some,
  });

  async function setup() {
    const database = await testDatabase('quota', []);
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    await client.query(`CREATE TABLE thing (
      id uuid PRIMARY KEY, name text, amount bigint, size int, at timestamptz, parts jsonb)`);
    return {
      client,
      async read(): Promise<Thing[]> {
        const { rows } = await client.query<Thing>('SELECT * FROM thing ORDER BY id');
        return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
      },
      async [Symbol.asyncDispose]() {
        await client.end();
        await database.drop();
      },
    };
  }
});
