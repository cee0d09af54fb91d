import { setTimeout as sleep } from 'node:timers/promises';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { JournalService, type VerifyJournalResponse } from '@kontor/contracts/journal/v1/journal';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { testDatabase, type TestDatabase } from '@kontor/testing/database';
import { eventually } from '@kontor/testing/eventually';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { DataSource, type EntityManager, type MigrationInterface, type QueryRunner } from 'typeorm';
import { connect } from './connect.ts';
import { databaseModule } from './database.ts';
import { uuid7 } from './id.ts';
import { JournalController, journalProviders } from './journal.controller.ts';
import { countMutationsSql } from './journal-mutations.ts';
import { findRecords } from './journal-records.ts';
import { journalSealTableSql } from './journal-seal.ts';
import { journal, journalTableSql, type JournalEntry } from './journal.ts';
import { rpc, serve } from './serve.ts';
import { inScope, tenantRowsSql } from './tenant-scope.ts';

class Things1700000000000 implements MigrationInterface {
  readonly name = 'Things1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [journalTableSql, journalSealTableSql]) await runner.query(sql('kontor_served'));
    await runner.query(tenantRowsSql('journal'));
    await runner.query(`CREATE TABLE thing (name text PRIMARY KEY, colour text NOT NULL, seen int NOT NULL DEFAULT 0,
      mutations bigint NOT NULL DEFAULT 1); GRANT SELECT, INSERT, UPDATE ON thing TO kontor_served;`);
    await runner.query(countMutationsSql('thing', ['name', 'colour']));
  }
  async down(): Promise<void> {}
}

const [ADA, BOB] = [uuid7(), uuid7()];
const AT = new Date('2030-01-02T03:04:05.678Z');
const did = (subject: string, rest: Partial<JournalEntry> = {}): JournalEntry => ({
  at: AT,
  actor: 'kit',
  action: 'thing.made',
  subject,
  ...rest,
});

describe('a journal that is served', () => {
  it('is sealed behind its service by itself, and goes on after a restart', async () => {
    await using service = await setup();
    await service.write(did('one'), did('two'));
    await eventually('both are sealed', async () => (await service.auditor.getJournalHead({})).position === 2n);
    const before = await service.auditor.getJournalHead({});
    expect(before).toMatchObject({ waiting: 0n, chainSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });

    await using again = await setup(service.database);
    await again.write(did('three'));
    await eventually('it is sealed too', async () => (await again.auditor.getJournalHead({})).position === 3n);
    const known = [{ position: before.position, chainSha256: before.chainSha256 }];
    expect(await again.auditor.verifyJournal({ known })).toMatchObject({ checked: 3n, nextPosition: 0n, faults: [] });
  });

  it('is sealed once by two replicas', async () => {
    await using first = await setup();
    await using second = await setup(first.database);
    for (let n = 0; n < 30; n++) await (n % 2 ? first : second).write(did(`thing ${n}`));
    await eventually('all are sealed', async () => (await second.auditor.getJournalHead({})).position === 30n);
    expect(await first.auditor.verifyJournal({})).toMatchObject({ checked: 30n, faults: [] });
  });

  it('says since when nothing is sealed, where something keeps it from being', async () => {
    await using service = await setup();
    await service.write(did('one'));
    await eventually('it is sealed', async () => (await service.auditor.getJournalHead({})).position === 1n);
    const ended = await service.stuck();
    await service.write(did('two', { at: new Date(AT.getTime() + 5) }), did('three'));
    const waiting = { position: 1n, waiting: 2n, oldestWaitingAt: timestampFromDate(AT) };
    for (let n = 0; n < 3; n++) {
      await sleep(700);
      expect(await service.auditor.getJournalHead({})).toMatchObject(waiting);
    }
    await ended();
    await eventually('both are sealed', async () => (await service.auditor.getJournalHead({})).position === 3n);
    expect((await service.auditor.getJournalHead({})).oldestWaitingAt).toBeUndefined();
  });

  it.each([
    ['by what it was done to', { subject: 'b' }, ['b']],
    ['by who did it', { actor: 'person:x' }, ['c']],
    ['by what was done', { actionPrefix: 'thing.pain' }, ['d']],
    ['by the tenant', { tenantId: BOB }, ['b']],
    ['from an instant on', { since: at(2) }, ['d', 'c']],
    ['until an instant', { until: at(1) }, ['a']],
    ['in an interval', { since: at(1), until: at(3) }, ['c', 'b']],
    ['by several at once', { since: at(1), actionPrefix: 'thing.made', actor: 'kit' }, ['b']],
    ['by what nobody did', { actor: "' OR true --" }, []],
    ['by a pattern that is none', { actionPrefix: 'thing.%' }, []],
  ])('is searched %s, newest first', async (_, wishes, subjects) => {
    await using service = await setup();
    await service.write(
      did('a', { tenantId: ADA }),
      did('b', { tenantId: BOB, at: new Date(AT.getTime() + 1_000) }),
      did('c', { actor: 'person:x', at: new Date(AT.getTime() + 2_000) }),
      did('d', { action: 'thing.painted', at: new Date(AT.getTime() + 3_000) }),
    );
    const { records } = await service.auditor.listJournal(wishes);
    expect(records.map(({ subject }) => subject)).toEqual(subjects);
  });

  it('finds what a person did without reading what services do all day', async () => {
    await using service = await setup();
    const day = Array.from({ length: 5_000 }, (_, n) => did(String(n)));
    await service.write(did('by a person', { actor: 'person:x' }), ...day);
    const read = await service.rowsRead(async (tx) => {
      const [found] = await findRecords(tx, { actor: 'person:x' }, 51);
      expect(found?.subject).toBe('by a person');
    });
    expect(read).toBeLessThan(50);
  });

  it('shows a record whole: int64 as they are, what was sealed as it was sealed', async () => {
    await using service = await setup();
    const after = { amount: 2n ** 63n - 1n, name: 'x' };
    await service.write(did('a', { tenantId: ADA, before: { amount: 1n }, after }));
    await eventually('it is sealed', async () => (await service.auditor.getJournalHead({})).position === 1n);
    const { records } = await service.auditor.listJournal({});
    expect(records).toMatchObject([
      {
        at: { seconds: BigInt(Math.floor(AT.getTime() / 1000)), nanos: 678_000_000 },
        tenantId: ADA,
        beforeJson: '{"amount": "1"}',
        afterJson: '{"name": "x", "amount": "9223372036854775807"}',
        position: 1n,
        chainSha256: (await service.auditor.getJournalHead({})).chainSha256,
      },
    ]);
  });

  it('is paged without losing a record to those that are written meanwhile', async () => {
    await using service = await setup();
    await service.write(...Array.from({ length: 7 }, (_, n) => did(String(n))));
    const seen: string[] = [];
    for (let pageToken = '', page = 0; page === 0 || pageToken; page++) {
      const answer = await service.auditor.listJournal({ page: { pageSize: 3, pageToken } });
      seen.push(...answer.records.map(({ subject }) => subject));
      pageToken = answer.page?.nextPageToken ?? '';
      await service.write(did('newer'));
    }
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1', '0']);
    const forged = Buffer.from('["1; DROP TABLE journal"]').toString('base64url');
    await expect(service.auditor.listJournal({ page: { pageToken: forged } })).rejects.toMatchObject({
      code: 'page_token_invalid',
    });
  });

  it('is open to operator staff and auditors, and to nobody else', async () => {
    await using service = await setup();
    await service.staff.listJournal({});
    const others = [[], [Role.TENANT_ADMIN], [Role.PROJECT_OWNER]].map((roles) =>
      service.as(roles, { tenantId: ADA, projectId: BOB }),
    );
    for (const other of await Promise.all(others)) {
      const calls = [other.listJournal({}), other.getJournalHead({}), other.verifyJournal({})];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'not_allowed' });
    }
    await expect(service.gateway.listJournal({})).rejects.toMatchObject({ code: 'no_context' });
  });
});

describe('the count of mutations', () => {
  it('agrees with the records where each mutation left one, whatever else was written', async () => {
    await using service = await setup();
    await service.make('a');
    await service.make('b');
    await service.change(`UPDATE thing SET colour = 'red' WHERE name = 'a'`, did('a', { action: 'thing.painted' }));
    await service.change(`UPDATE thing SET seen = seen + 1, mutations = 99`);
    await service.write(did('the weather', { action: 'weather.observed' }));
    expect(await service.count()).toMatchObject({ mutations: 3n, records: 3n, uncounted: 1n });
  });

  it.each([
    ['a mutation without a record', `UPDATE thing SET colour = 'red'`, [], [2n, 1n]],
    ['a record without a mutation', `UPDATE thing SET colour = colour`, [did('a')], [1n, 2n]],
  ])('shows %s', async (_, sql, entries, [mutations, records]) => {
    await using service = await setup();
    await service.make('a');
    await service.change(sql, ...entries);
    expect(await service.count()).toMatchObject({ mutations, records });
  });
});

function at(second: number) {
  return { seconds: BigInt(Math.floor(AT.getTime() / 1000) + second), nanos: 678_000_000 };
}

const opened: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

async function setup(known?: TestDatabase) {
  const database = known ?? (await testDatabase('served', [Things1700000000000]));
  if (!known) opened.push(() => database.drop());
  const counts = [
    { what: 'changes of things', actions: /^thing\./, sql: 'SELECT coalesce(sum(mutations), 0) FROM thing' },
  ];
  @Module({
    imports: [databaseModule({ service: 'served', tables: [], migrations: [Things1700000000000], url: database.url })],
    providers: journalProviders({ service: 'served', clock: new FakeClock(AT), counts }),
  })
  class Service {}
  const tls = await testTls(['served', 'gateway']);
  const definition = { name: 'served', module: Service, rpcs: [rpc(JournalService, JournalController)] };
  const { address, app, close } = await serve(definition, { listen: '127.0.0.1:0', tls: tls.of('served') });
  const gateway = connect(JournalService, address, tls.of('gateway'), 'served');
  const as = (roles: Role[], scope?: { tenantId: string; projectId: string }) =>
    actingFor(gateway, tls, personWith(roles, { scope }));
  const auditor = await as([Role.AUDITOR]);
  const change = (sql: string, ...entries: JournalEntry[]) =>
    inScope(app.get(DataSource), 'all', async (tx) => {
      await tx.query(sql);
      await journal(tx, entries);
    });
  return {
    database,
    gateway,
    as,
    auditor,
    staff: await as([Role.OPERATOR_STAFF]),
    change,
    /** How many rows of the journal were read for that. */
    rowsRead: (work: (tx: EntityManager) => Promise<void>): Promise<number> =>
      inScope(app.get(DataSource), 'all', async (tx) => {
        await work(tx);
        const [row] = await tx.query<{ n: number }[]>(
          `SELECT (seq_tup_read + idx_tup_fetch)::int AS n FROM pg_stat_xact_user_tables WHERE relname = 'journal'`,
        );
        return row?.n ?? -1;
      }),
    /** A transaction that has written something and does not end, until it is told to. */
    async stuck(): Promise<() => Promise<void>> {
      const runner = app.get(DataSource).createQueryRunner();
      await runner.startTransaction();
      await runner.query(`INSERT INTO thing (name, colour) VALUES ('stuck', 'grey')`);
      return async () => {
        await runner.rollbackTransaction();
        await runner.release();
      };
    },
    write: (...entries: JournalEntry[]) => change('SELECT', ...entries),
    make: (name: string) => change(`INSERT INTO thing (name, colour) VALUES ('${name}', 'grey')`, did(name)),
    count: async (): Promise<VerifyJournalResponse['count']> => (await auditor.verifyJournal({ count: true })).count,
    async [Symbol.asyncDispose]() {
      gateway.close();
      await close();
    },
  };
}
