import { afterAll, describe, expect, it } from '@jest/globals';
import { testDatabase } from '@kontor/testing/database';
import fc from 'fast-check';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from './database.ts';
import { uuid7 } from './id.ts';
import { canonicalText, verifyChain, type Link } from './journal-chain.ts';
import { findRecords, readHead, readSeals, recordsOf } from './journal-records.ts';
import { journalSealTableSql, sealJournal } from './journal-seal.ts';
import { verifyJournal } from './journal-verify.ts';
import { journal, journalTableSql, type JournalEntry } from './journal.ts';
import { inScope, tenantRowsSql } from './tenant-scope.ts';

class Sealed1700000000000 implements MigrationInterface {
  readonly name = 'Sealed1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [journalTableSql, journalSealTableSql]) await runner.query(sql('kontor_sealed'));
    await runner.query(tenantRowsSql('journal'));
  }
  async down(): Promise<void> {}
}

const AT = new Date('2030-01-02T03:04:05.678Z');
const TENANT = uuid7();
const did = (subject: string): JournalEntry => ({ at: AT, actor: 'kit', action: 'thing.done', subject });

describe('the sealer', () => {
  it('seals every record once, in batches, and each hash is the one that the contract describes', async () => {
    const { write, seal, chain } = await setup();
    for (let n = 0; n < 25; n++) await write(did(`thing ${n}`));
    expect([await seal(10), await seal(10), await seal(10), await seal(10)]).toEqual([10, 10, 5, 0]);
    const { records, seals } = await chain();
    expect(seals.map(({ position }) => position)).toEqual(Array.from({ length: 25 }, (_, n) => BigInt(n + 1)));
    expect(verifyChain(records, seals)).toEqual([]);
  });

  it('hashes whatever may stand in a record as everybody else would', async () => {
    const { db, write, seal, chain } = await setup();
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
    const json = fc.jsonValue({ stringUnit: 'grapheme' }).filter((value) => !JSON.stringify(value).includes('\\u0000'));
    const entry = fc.record({ actor: text, action: text, subject: text, after: fc.record({ value: json }) });
    for (const sample of fc.sample(entry, 200)) await write({ ...did(''), ...sample, tenantId: TENANT });
    const awkward = { value: [1e21, -0, 1.5e-7, '\u2028', '\x7f', '\b\f\n\r\t"\\/', 'Zürich 京都 🐋'], z: 1, aa: 2 };
    await write({ ...did(awkward.value.join()), after: awkward });
    await seal();
    const { records, seals } = await chain();
    expect(seals).toHaveLength(201);
    expect(verifyChain(records, seals)).toEqual([]);
    const printed = await inScope(db, 'all', (tx) =>
      tx.query<{ text: string }[]>('SELECT journal_text(j) AS text FROM journal j ORDER BY seq'),
    );
    expect(printed.map(({ text: sql }) => sql)).toEqual(
      records.sort((a, b) => Number(a.seq - b.seq)).map((record) => canonicalText(record)),
    );
  });

  it('waits for older transactions, and then seals in the order of transactions', async () => {
    const { db, write, seal, chain } = await setup();
    const slow = db.createQueryRunner();
    await slow.startTransaction();
    await slow.query(`SELECT set_config('kontor.all', 'on', true)`);
    await journal(slow.manager, [did('slow, first')]);
    await write(did('fast'));
    expect(await seal()).toBe(0);
    await journal(slow.manager, [did('slow, second')]);
    await slow.commitTransaction();
    await slow.release();
    expect(await seal()).toBe(3);
    const { records, seals } = await chain();
    const subjectOf = new Map(records.map(({ seq, subject }) => [seq, subject]));
    expect(seals.map(({ seq }) => subjectOf.get(seq))).toEqual(['slow, first', 'slow, second', 'fast']);
  });

  it('cuts a large transaction anywhere and goes on where it stopped', async () => {
    const { write, seal, chain } = await setup();
    await write(...Array.from({ length: 7 }, (_, n) => did(`part ${n}`)));
    while ((await seal(3)) > 0);
    const { records, seals } = await chain();
    expect(seals).toHaveLength(7);
    expect(verifyChain(records, seals)).toEqual([]);
  });

  it('of several that run at once seals nothing twice and leaves nothing out, while others write', async () => {
    const { write, seal, chain } = await setup();
    const writers = Array.from({ length: 60 }, (_, n) => write(did(`thing ${n}`), did(`its second ${n}`)));
    const sealers = Array.from({ length: 40 }, () => seal(7));
    await Promise.all([...writers, ...sealers]);
    while ((await seal(7)) > 0);
    const { records, seals } = await chain();
    expect(seals).toHaveLength(120);
    expect(verifyChain(records, seals)).toEqual([]);
  });

  it('goes on after a restore from a dump, where transactions are counted from a smaller number again', async () => {
    const { db, write, seal, chain, asOwner } = await setup();
    await write(did('before the dump'), did('too'));
    await seal();
    await write(did('not sealed at the time of the dump'));
    // As in a new cluster: every number there was is larger than those to come.
    await asOwner(`UPDATE journal SET xid = (xid::text::bigint + 1000000)::text::xid8`);
    await asOwner(`UPDATE journal_seal SET xid = (xid::text::bigint + 1000000)::text::xid8`);
    await write(did('after the restore'));
    expect(await inScope(db, 'all', readHead)).toMatchObject({ waiting: 2n, oldestWaitingAt: AT });
    expect(await seal()).toBe(1);
    await write(did('later'));
    expect([await seal(), await seal()]).toEqual([2, 0]);
    await write(did('last'));
    expect([await seal(), await seal()]).toEqual([1, 0]);
    expect((await chain()).seals.map(({ seq }) => seq)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
  });
});

describe('a sealed journal', () => {
  it('cannot be changed by the service, its seals neither', async () => {
    const { db, write, seal } = await setup();
    await write(did('thing'));
    await seal();
    for (const sql of [
      `UPDATE journal SET actor = 'eve'`,
      'DELETE FROM journal',
      'TRUNCATE journal',
      `UPDATE journal_seal SET hash = sha256('')`,
      'DELETE FROM journal_seal',
      'TRUNCATE journal_seal',
    ]) {
      await expect(inScope(db, 'all', (tx) => tx.query(sql))).rejects.toThrow('permission denied');
    }
  });

  it.each([
    ['changes a record', `UPDATE journal SET after = '{"paid": 1}' WHERE seq = 5`, 'RECORD_CHANGED', 5n],
    ['changes when it was, by a microsecond', `UPDATE journal SET at = at + '1us' WHERE seq = 5`, 'RECORD_CHANGED', 5n],
    ['deletes a record', 'DELETE FROM journal WHERE seq = 5', 'RECORD_MISSING', 5n],
    [
      'puts a record between others',
      `INSERT INTO journal OVERRIDING SYSTEM VALUE
       SELECT 99, xid, at, actor, action, subject FROM journal WHERE seq = 5`,
      'RECORD_INSERTED',
      99n,
    ],
    [
      'exchanges two records',
      `UPDATE journal_seal s SET seq = -o.seq FROM journal_seal o WHERE (s.seq, o.seq) IN ((5, 6), (6, 5));
       UPDATE journal_seal SET seq = -seq WHERE seq < 0`,
      'RECORD_REORDERED',
      5n,
    ],
    ['changes a seal', `UPDATE journal_seal SET hash = sha256('x') WHERE position = 5`, 'SEAL_CHANGED', 5n],
    ['deletes a seal', 'DELETE FROM journal_seal WHERE position = 5', 'RECORD_INSERTED', 5n],
  ])('shows it where the owner of the table %s', async (_, sql, kind, seq) => {
    const { write, seal, verify, asOwner } = await setup();
    for (let n = 1; n <= 10; n++) await write(did(`thing ${n}`));
    await seal();
    expect((await verify()).faults).toEqual([]);
    await asOwner(sql);
    expect((await verify()).faults).toContainEqual(expect.objectContaining({ kind, seq }));
    expect((await verify(1n, 3)).faults).toEqual([]);
  });

  it('that was computed anew after a change fits itself, and not a head that was noted down', async () => {
    const { db, write, seal, verify, asOwner } = await setup();
    await write(did('thing'), did('other thing'));
    await seal();
    const { head } = await inScope(db, 'all', readHead);
    const known: Link[] = [{ position: head!.position, hash: head!.hash }];
    expect((await verify(1n, 100, known)).faults).toEqual([]);
    await asOwner(`UPDATE journal SET actor = 'nobody' WHERE seq = 1; DELETE FROM journal_seal`);
    await seal();
    expect((await verify()).faults).toEqual([]);
    expect((await verify(1n, 100, known)).faults).toMatchObject([{ kind: 'HEAD_CONTRADICTED', position: 2n }]);
    await asOwner('DELETE FROM journal_seal WHERE position = 2; DELETE FROM journal WHERE seq = 2');
    expect((await verify()).faults).toEqual([]);
    expect((await verify(1n, 100, known)).faults).toMatchObject([
      { kind: 'HEAD_CONTRADICTED', detail: expect.stringContaining('does not reach 2 any more') },
    ]);
  });

  it('is verified in stretches that meet', async () => {
    const { write, seal, verify } = await setup();
    for (let n = 0; n < 10; n++) await write(did(`thing ${n}`));
    await seal();
    const whole = await verify(1n, 100);
    const first = await verify(1n, 4);
    const second = await verify(first.next, 100);
    expect([first.checked, second.checked, second.next]).toEqual([4, 6, undefined]);
    expect(second.hash).toBe(whole.hash);
  });

  it('says where it ends and how much waits', async () => {
    const { db, write, seal } = await setup();
    expect(await inScope(db, 'all', readHead)).toEqual({ waiting: 0n });
    await write(did('thing'), did('other'));
    await seal();
    await write(did('third'), { ...did('fourth'), at: new Date(AT.getTime() + 1) });
    const { head, ...rest } = await inScope(db, 'all', readHead);
    expect({ ...head, ...rest }).toMatchObject({ position: 2n, sealedAt: AT, waiting: 2n, oldestWaitingAt: AT });
    const [, third, other] = await inScope(db, 'all', (tx) => findRecords(tx, {}, 3));
    expect([third?.seal, other?.seal]).toEqual([undefined, { position: 2n, hash: head?.hash }]);
  });
});

const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

async function setup() {
  const database = await testDatabase('sealed', [Sealed1700000000000]);
  opened.push(() => database.drop());
  const { url, ownerUrl } = database;
  const db = await new DataSource(
    dataSourceOptions({ service: 'sealed', tables: [], migrations: [], url }),
  ).initialize();
  opened.push(() => db.destroy());
  return {
    db,
    write: (...entries: JournalEntry[]) => inScope(db, 'all', (tx) => journal(tx, entries)),
    seal: (limit = 1_000) => inScope(db, 'all', (tx) => sealJournal(tx, AT, limit)),
    verify: (from = 1n, limit = 1_000, known: Link[] = []) =>
      inScope(db, 'all', (tx) => verifyJournal(tx, { from, limit, known })),
    chain: () =>
      inScope(db, 'all', async (tx) => {
        const { seals } = await readSeals(tx, 1n, 1_000);
        return { seals, records: await recordsOf(tx, seals, { xid: 0n, seq: 0n }) };
      }),
    /** As nobody but the owner of the tables can. */
    asOwner: async (sql: string): Promise<void> => {
      const owner = new pg.Client({ connectionString: ownerUrl });
      await owner.connect();
      await owner.query(`BEGIN; SELECT set_config('kontor.all', 'on', true); ${sql}; COMMIT`);
      await owner.end();
    },
  };
}
