import { describe, expect, it } from '@jest/globals';
import { BudgetService, GetReportRequest_By as By } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { inScope, type RowScope } from '@kontor/kit/tenant-scope';
import type { DataSource } from 'typeorm';
import { found, programme, staff } from '../testing/awards.ts';
import { fullTenant, namesOf, type FullTenant } from '../testing/full-tenant.ts';
import { asLedger, ask } from '../testing/in-database.ts';
import { codeOf, expectBalanced, quotaUnderTest, type Acting } from '../testing/quota-under-test.ts';

const TABLES = [
  'account',
  'award',
  'change',
  'charge_record',
  'charge_sum',
  'journal',
  'leg',
  'proposal',
  'reservation',
  'transfer',
];

describe('the catalogue', () => {
  it('has row-level security, forced, on every table that names a tenant, and on transfers', async () => {
    await using quota = await quotaUnderTest();
    const tables = await quota.db.query<object[]>(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
             (SELECT array_agg(format('%s to %s', polname, polroles::regrole[]) ORDER BY polname)
                FROM pg_policy WHERE polrelid = c.oid) AS policies
        FROM pg_class c
       WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND (c.relname = 'transfer' OR EXISTS (
         SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname LIKE '%tenant_id' AND NOT a.attisdropped))
       ORDER BY 1`);
    const policies = ['in_scope to {kontor_quota,kontor_quota_owner}', 'of_ledger to {kontor_quota_ledger}'];
    expect(tables).toEqual(TABLES.map((name) => ({ name, enabled: true, forced: true, policies })));
  });

  it('has nothing that belongs to the service in either of its roles, and no detour around the policies', async () => {
    await using quota = await quotaUnderTest();
    const roles = await quota.db.query<object[]>(`
      SELECT rolname AS name, rolcanlogin AS "signsIn", rolsuper OR rolbypassrls OR rolcreaterole AS "isAbove",
             (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) +
             (SELECT count(*)::int FROM pg_proc WHERE proowner = r.oid) AS owns,
             (SELECT json_agg(json_build_object('role', m.roleid::regrole, 'is', m.inherit_option))
                FROM pg_auth_members m WHERE m.member = r.oid) AS "mayBecome"
        FROM pg_roles r WHERE rolname IN ('kontor_quota', 'kontor_quota_ledger') ORDER BY 1`);
    const neither = { isAbove: false, owns: 0 };
    const mayBecome = [{ role: 'kontor_quota_ledger', is: false }];
    expect(roles).toEqual([
      { name: 'kontor_quota', signsIn: true, ...neither, mayBecome },
      { name: 'kontor_quota_ledger', signsIn: false, ...neither, mayBecome: null },
    ]);
    expect(await quota.db.query('SELECT session_user::text AS signed, current_user::text AS is')).toEqual([
      { signed: 'kontor_quota', is: 'kontor_quota' },
    ]);
    expect(
      await quota.db.query(`
      SELECT FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace UNION ALL
      SELECT FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`),
    ).toEqual([]);
  });

  it("lets the role that reads write the journal's seals and nothing else", async () => {
    await using quota = await quotaUnderTest();
    const writable = await quota.db.query<{ name: string }[]>(`
      SELECT relname AS name FROM pg_class
       WHERE relkind IN ('r', 'p', 'S') AND relnamespace = 'public'::regnamespace AND (relkind = 'S'
         AND has_sequence_privilege(oid, 'USAGE, UPDATE') OR relkind <> 'S' AND (
         has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN')
         OR has_any_column_privilege(oid, 'INSERT, UPDATE, REFERENCES')))`);
    expect(writable).toEqual([{ name: 'journal_seal' }]);
    for (const table of [...TABLES, 'rate', 'programme', 'authorisation', 'founding']) {
      for (const sql of [`INSERT INTO ${table} DEFAULT VALUES`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
        await expect(inScope(quota.db, 'all', (tx) => tx.query(sql))).rejects.toThrow('permission denied');
      }
    }
    for (const sql of ['UPDATE account SET balance = 1', 'SELECT FROM account FOR UPDATE']) {
      await expect(inScope(quota.db, 'all', (tx) => tx.query(sql))).rejects.toThrow('permission denied');
    }
  });

  it('puts nothing between the ledger and its rows', async () => {
    await using quota = await quotaUnderTest();
    for (const table of TABLES.filter((name) => name !== 'journal')) {
      const plan = await ask<object>(asLedger(quota.database.url), `EXPLAIN (COSTS OFF) SELECT FROM ${table}`);
      expect(plan).toEqual([{ 'QUERY PLAN': `Seq Scan on ${table}` }]);
    }
  });
});

describe('rows of a tenant', () => {
  it("are not there for another, nor without a scope; and the operator's are for no tenant", async () => {
    await using office = await setup();
    const [ours, theirs] = await office.tenants(2);
    for (const table of TABLES) {
      expect([table, await rowsOf(office.db, table)]).toEqual([table, []]);
      const rows = await rowsOf(office.db, table, ours.project);
      expect([table, rows.length > 0]).toEqual([table, true]);
      if (table !== 'transfer') {
        expect(new Set(rows.map((row) => row['tenant_id']))).toEqual(new Set([ours.project.tenantId]));
      }
      expect(namesIn(JSON.stringify(rows), theirs)).toEqual([]);
    }
    const own = new Set((await rowsOf(office.db, 'account', ours.project)).map(({ id }) => id));
    const transfers = await rowsOf(office.db, 'transfer', ours.project);
    const isTheirs = (row: Record<string, unknown>): boolean =>
      !own.has(row['debit_account_id']) && !own.has(row['credit_account_id']);
    expect(transfers.filter(isTheirs)).toEqual([]);
  });

  it('are all there for what spans tenants, and for the ledger without saying so', async () => {
    await using office = await setup();
    const tenants = await office.tenants(2);
    const ledger = await ask<{ id: string }>(asLedger(office.database.url), 'SELECT id FROM account ORDER BY id');
    const everybodys = await rowsOf(office.db, 'account', 'all');
    expect(everybodys.map(({ id }) => id).sort()).toEqual(ledger.map(({ id }) => id));
    expect(ledger.map(({ id }) => id)).toEqual(expect.arrayContaining(tenants.map(({ accountId }) => accountId)));
  });
});

describe('what is read of one tenant', () => {
  it('is every method of the contract whose request names one', () => {
    const methods = [QuotaService, ProgrammeService, BudgetService, ChangeService].flatMap(({ method }) =>
      Object.values(method).filter(({ localName }) => /^(get|list|export)/.test(localName)),
    );
    const ofOne = methods.filter(({ input: { field } }) => 'project' in field || 'tenantId' in field);
    expect(Object.keys(READS).sort()).toEqual(ofOne.map(({ localName }) => localName).sort());
  });

  it('is read in its scope alone: nothing is missing where nobody can be in that of all', async () => {
    await using office = await setup();
    const [ours] = await office.tenants(1);
    const before = await readAll(office.reader, ours);
    for (const { sql } of await ask<{ sql: string }>(
      office.database.ownerUrl,
      `
      SELECT format('ALTER POLICY in_scope ON %s USING (%s)', polrelid::regclass,
               replace(pg_get_expr(polqual, polrelid), 'kontor.all', 'kontor.of_nobody')) AS sql
        FROM pg_policy WHERE polname = 'in_scope'`,
    ))
      await ask(office.database.ownerUrl, sql);
    expect(await rowsOf(office.db, 'account', 'all')).toEqual([]);
    expect(await readAll(office.reader, ours)).toEqual(before);
    expect(Object.keys(before).filter((method) => namesIn(before[method] ?? '', ours).length === 0)).toEqual([]);
  });

  it("is never another's, where many tenants take turns on two connections with what spans them", async () => {
    await using office = await setup();
    const tenants = await office.tenants(3);
    await using narrow = await office.replica(2);
    const reader = narrow.for(staff());
    const turns = Array.from({ length: 4 }, () => tenants).flat();
    await Promise.all(
      turns.map(async (ours, n) => {
        const theirs = tenants[(n + 1) % tenants.length]!;
        const [answers, all, bare] = await Promise.all([
          readAll(reader, ours),
          reader.changes.listChanges({}),
          narrow.db.query<object[]>('SELECT FROM account'),
          reader.quota.getTrialBalance({}),
          narrow.sweep(),
          office.compute.reserve({ ...office.terms(), ...ours }),
          n % 3 === 0 && codeOf(inScope(narrow.db, 'all', (tx) => tx.query('SELECT 1 / 0'))),
        ]);
        const strange = Object.entries(answers).map(([method, text]) => [method, namesIn(text, theirs)]);
        expect(strange.filter(([, names]) => names?.length !== 0)).toEqual([]);
        // To each its credits, and the award that waits.
        expect(all.changes).toHaveLength(2 * tenants.length);
        expect(bare).toEqual([]);
        expect(await codesOf(reader, { ...theirs, project: ours.project })).toEqual(STRANGERS);
      }),
    );
    await expectBalanced(office.gateway);
  });
});

type Read = (reader: Acting, tenant: FullTenant) => Promise<object> | AsyncIterable<{ data: Uint8Array }>;

/** Every way to read something of one tenant. Operator staff read, whom no access rule keeps from any tenant. */
const READS: Record<string, Read> = {
  listAccounts: ({ quota }, { project }) => quota.listAccounts({ project }),
  listTransfers: ({ quota }, { project, accountId }) => quota.listTransfers({ project, accountId }),
  getReservation: ({ quota }, { project, runningId: id }) => quota.getReservation({ project, id }),
  getChargeRecord: ({ quota }, { project, endedId }) => quota.getChargeRecord({ project, reservationId: endedId }),
  listChargeRecords: ({ quota }, { project }) => quota.listChargeRecords({ project }),
  getProposal: ({ programmes }, { project, proposalId: id }) => programmes.getProposal({ project, id }),
  listProposals: ({ programmes }, { project }) => programmes.listProposals({ project }),
  getAward: ({ programmes }, { project, awardId: id }) => programmes.getAward({ project, id }),
  listAwards: ({ programmes }, { project }) => programmes.listAwards({ project }),
  getAwardLetter: ({ programmes }, { project, awardId: id }) => programmes.getAwardLetter({ project, id }),
  getBudget: ({ budgets }, { project }) => budgets.getBudget({ project }),
  getStatement: ({ budgets }, { project, accountId }) => budgets.getStatement({ project, accountId }),
  getReport: ({ budgets }, { project: { tenantId } }) => budgets.getReport({ tenantId, by: By.TENANT }),
  exportFocus: ({ budgets }, { project: { tenantId } }) => budgets.exportFocus({ tenantId, currency: 'EUR' }),
};

/** What becomes of asking for one tenant's things as if they were another's. */
const STRANGERS = {
  getReservation: 'reservation_not_found',
  getChargeRecord: 'charge_record_not_found',
  getProposal: 'proposal_not_found',
  getAward: 'award_not_found',
  getAwardLetter: 'award_not_found',
  getStatement: 'account_not_found',
  listTransfers: 'account_not_found',
};

const codesOf = async (reader: Acting, tenant: FullTenant): Promise<object> =>
  Object.fromEntries(
    await Promise.all(
      Object.keys(STRANGERS).map(async (method) => [method, await codeOf(answerOf(method, reader, tenant))] as const),
    ),
  );

const readAll = async (reader: Acting, tenant: FullTenant): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      Object.keys(READS).map(async (method) => [method, await answerOf(method, reader, tenant)] as const),
    ),
  );

async function answerOf(method: string, reader: Acting, tenant: FullTenant): Promise<string> {
  const answer: object | AsyncIterable<{ data: Uint8Array }> = await READS[method]!(reader, tenant);
  if (Symbol.asyncIterator in answer) {
    return Buffer.concat((await Array.fromAsync(answer)).map(({ data }) => data)).toString();
  }
  return JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

const namesIn = (text: string, tenant: FullTenant): string[] => namesOf(tenant).filter((name) => text.includes(name));

const rowsOf = (db: DataSource, table: string, scope?: RowScope): Promise<Record<string, unknown>[]> => {
  const sql = `SELECT * FROM ${table}`;
  return scope ? inScope(db, scope, (tx) => tx.query(sql)) : db.query(sql);
};

/** An operator with a programme. */
async function setup() {
  const office = await quotaUnderTest();
  await found(office, [programme()]);
  return {
    ...office,
    reader: office.for(staff()),
    async tenants<N extends number>(count: N) {
      const all: FullTenant[] = [];
      while (all.length < count) all.push(await fullTenant(office));
      return all as [FullTenant, FullTenant, FullTenant];
    },
    [Symbol.asyncDispose]: () => office[Symbol.asyncDispose](),
  };
}
