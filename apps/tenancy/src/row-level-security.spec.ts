import { describe, expect, it } from '@jest/globals';
import { dataSourceOptions } from '@kontor/kit/database';
import { inScope, type RowScope } from '@kontor/kit/tenant-scope';
import { DataSource, type EntityManager } from 'typeorm';
import { idOf, projectWith, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import database from './database.ts';

describe('the catalogue of the database', () => {
  it('has forced row-level security on every table that names a tenant, and a policy for each', async () => {
    await using tenancy = await tenancyUnderTest();
    const tables = await tenancy.db.query<Record<string, unknown>[]>(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
             EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'in_scope') AS "hasPolicy"
        FROM pg_class c
       WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND (c.relname = 'tenant' OR EXISTS
         (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
       ORDER BY c.relname`);
    const [ofProjects, ofTenants] = [
      ['project', 'project_member', 'project_token'],
      ['tenant', 'tenant_admin'],
    ];
    const names = ['invitation', 'journal', 'membership_change', ...ofProjects, ...ofTenants];
    expect(tables).toEqual(names.map((name) => ({ name, enabled: true, forced: true, hasPolicy: true })));
  });

  it('gives the service a role that owns nothing and is above no rule', async () => {
    await using tenancy = await tenancyUnderTest();
    const [role] = await tenancy.db.query<object[]>(`
      SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
             (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = r.oid) AS memberships,
             (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS tables,
             (SELECT count(*)::int FROM pg_proc f WHERE f.proowner = r.oid) AS functions
        FROM pg_roles r WHERE rolname = current_user`);
    expect(role).toEqual({
      rolname: 'kontor_tenancy',
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      memberships: 0,
      tables: 0,
      functions: 0,
    });
  });

  it('has no function that runs with the rights of another role', async () => {
    await using tenancy = await tenancyUnderTest();
    const definers = await tenancy.db.query<object[]>(
      `SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`,
    );
    expect(definers).toEqual([]);
  });
});

describe('a transaction', () => {
  it('sees the rows of its scope, and without one nothing', async () => {
    await using tenancy = await tenancyUnderTest();
    const { one, two, mia } = await twoTenants(tenancy);
    expect(await seen(tenancy.db, { tenantId: one.tenantId })).toEqual([one.tenantId]);
    expect(await seen(tenancy.db, { tenantId: two.tenantId })).toEqual([two.tenantId]);
    expect(await seen(tenancy.db, { personId: mia })).toEqual([one.tenantId]);
    expect(await seen(tenancy.db, 'all')).toEqual(expect.arrayContaining([one.tenantId, two.tenantId]));
    expect(await tenantsIn(tenancy.db.manager)).toEqual([]);
  });

  it('changes nothing of another tenant, whatever the statement says', async () => {
    await using tenancy = await tenancyUnderTest();
    const { one, two } = await twoTenants(tenancy);
    const inOne = (sql: string, parameters: unknown[] = []) =>
      inScope(tenancy.db, { tenantId: one.tenantId }, (tx) => tx.query(sql, parameters));
    await inOne('UPDATE tenant SET state = 2');
    await inOne('UPDATE project SET state = 2');
    await inOne('DELETE FROM tenant_admin');
    const insert = `INSERT INTO project VALUES (gen_random_uuid(), $1, 'x', 'x', 1, NULL, 1, '2030-01-01')`;
    await expect(inOne(insert, [two.tenantId])).rejects.toThrow('row-level security');
    expect(await two.admin.getProject({ project: two.project })).toMatchObject({ state: 1 });
    expect((await two.admin.listTenantAdmins({ tenantId: two.tenantId })).members).toHaveLength(1);
  });

  it('that asks who calls is back in its own scope after it', async () => {
    await using tenancy = await tenancyUnderTest();
    const { one } = await twoTenants(tenancy);
    await inScope(tenancy.db, { tenantId: one.tenantId }, async (tx) => {
      await tx.query(`SELECT * FROM person_in_scope('x', 'y', NULL, NULL)`);
      await tx.query(`SELECT * FROM token_in_scope('\\x00', NULL, NULL)`);
      expect(await tenantsIn(tx)).toEqual([one.tenantId]);
    });
    const [answer] = await tenancy.db.query<object[]>(
      `SELECT "tenantId", (SELECT count(*)::int FROM tenant) AS seen FROM person_in_scope('x', 'y', $1, NULL)`,
      [one.tenantId],
    );
    expect(answer).toMatchObject({ tenantId: one.tenantId });
    expect(await tenantsIn(tenancy.db.manager)).toEqual([]);
  });
});

describe('two connections that serve two tenants in turn', () => {
  it("never show one what is the other's, between requests that fail and requests of all", async () => {
    await using tenancy = await tenancyUnderTest();
    const { one, two } = await twoTenants(tenancy);
    const url = tenancy.database.url;
    await using pool = await twoConnections(url);
    const scopes: RowScope[] = [{ tenantId: one.tenantId }, { tenantId: two.tenantId }, 'all'];
    const own = [[one.tenantId], [two.tenantId], null];
    const turns = Array.from({ length: 150 }, (_, n) => n);
    await Promise.all(
      turns.map(async (n) => {
        const found = await seen(pool.db, scopes[n % 3]!);
        if (own[n % 3]) expect(found).toEqual(own[n % 3]);
        if (n % 5 === 0) await inScope(pool.db, 'all', (tx) => tx.query('SELECT 1 / 0')).catch(() => undefined);
        expect(await tenantsIn(pool.db.manager)).toEqual([]);
      }),
    );
  });

  it('answer each what is theirs, through the service', async () => {
    await using tenancy = await tenancyUnderTest();
    const { one, two } = await twoTenants(tenancy);
    const sides = [one, two];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const [mine, theirs] = [sides[n % 2]!, sides[(n + 1) % 2]!];
        const { projects } = await mine.admin.listProjects({ tenantId: mine.tenantId });
        expect(projects.map(({ project }) => project?.tenantId)).toEqual([mine.tenantId]);
        expect(await codeOf(mine.admin.getProject({ project: theirs.project }))).toBe('project_not_found');
      }),
    );
  });
});

async function twoTenants(tenancy: TenancyUnderTest) {
  const { tenantId, project, ada, mia } = await university(tenancy);
  const bob = tenancy.person('bob');
  const company = await tenantRunBy(tenancy, bob, 'company');
  const other = await projectWith(bob, company.id, 'chips');
  return {
    one: { tenantId, project, admin: ada },
    two: { tenantId: company.id, project: other, admin: bob },
    mia: await idOf(tenancy, mia),
  };
}

const seen = (db: DataSource, scope: RowScope): Promise<string[]> => inScope(db, scope, tenantsIn);

/** Tenants of which there is any row to be seen, in whatever table. */
async function tenantsIn(tx: EntityManager): Promise<string[]> {
  const tables = ['tenant_admin', 'project', 'project_member', 'invitation', 'project_token'];
  const parts = tables.map((table) => `SELECT tenant_id FROM ${table}`);
  const all = ['SELECT id AS tenant_id FROM tenant', ...parts].join(' UNION ALL ');
  const rows = await tx.query<{ id: string }[]>(`SELECT DISTINCT tenant_id AS id FROM (${all}) t`);
  return rows.map(({ id }) => id);
}

async function twoConnections(url: string) {
  const db = await new DataSource(dataSourceOptions({ ...database, url, poolSize: 2 })).initialize();
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}
