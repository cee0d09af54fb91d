import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { dataSourceOptions } from '@kontor/kit/database';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import { DataSource } from 'typeorm';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { CPU } from '../testing/builders.ts';
import database from './database.ts';
import { readRoom } from './room.ts';

const TABLES = ['decision', 'file', 'job', 'journal', 'occupancy', 'suspension'];

describe('the catalogue', () => {
  it('has row-level security, forced, and a policy, on every table that names a tenant', async () => {
    await using compute = await ComputeUnderTest.start();
    const tables = await compute.sql(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
             array_agg(DISTINCT p.polname::text) AS policies
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname LIKE '%tenant_id'
        LEFT JOIN pg_policy p ON p.polrelid = c.oid
       WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid ORDER BY 1`);
    expect(tables).toEqual(TABLES.map((name) => ({ name, enabled: true, forced: true, policies: ['in_scope'] })));
  });

  it('has nothing that belongs to the service, and no view that would read for it as somebody else', async () => {
    await using compute = await ComputeUnderTest.start();
    const [role] = await compute.sql(`
      SELECT rolname AS name, rolsuper AS super, rolbypassrls AS bypasses,
             (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) +
             (SELECT count(*)::int FROM pg_proc WHERE proowner = r.oid) AS owns,
             (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS "belongsTo",
             (SELECT count(*)::int FROM pg_class
               WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace) +
             (SELECT count(*)::int FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace) AS "detours"
        FROM pg_roles r WHERE rolname = current_user`);
    expect(role).toEqual({
      name: 'kontor_compute',
      super: false,
      bypasses: false,
      owns: 0,
      belongsTo: 0,
      detours: 0,
    });
  });
});

describe('rows of a tenant', () => {
  it('are not there for another, nor without a scope, whatever is asked', async () => {
    await using compute = await ComputeUnderTest.start();
    const [ours, theirs] = [compute.project(), compute.project()];
    for (const project of [ours, theirs]) {
      await compute.submit(project);
      compute.tenancy.suspended.add(project.projectId);
    }
    await compute.life.suspensions.refresh();
    for (const table of TABLES) {
      const rows = (scope?: { tenantId: string }) =>
        compute.db.transaction(async (tx) => {
          if (scope) await enterScope(tx, scope);
          return tx.query<object[]>(`SELECT * FROM ${table}`);
        });
      expect(await rows()).toEqual([]);
      const seen = JSON.stringify(await rows(ours));
      expect(seen).not.toContain(theirs.tenantId);
      if (table !== 'file') expect(seen).toContain(ours.tenantId);
    }
  });

  it('cannot be written for another tenant', async () => {
    await using compute = await ComputeUnderTest.start();
    const [ours, theirs] = [compute.project(), compute.project()];
    const { id } = await compute.submit(theirs);
    const asUs = (sql: string) => inScope(compute.db, ours, (tx) => tx.query<object[]>(sql));
    expect(await asUs(`WITH u AS (UPDATE job SET name = 'x' WHERE id = '${id}' RETURNING 1) SELECT FROM u`)).toEqual(
      [],
    );
    await expect(
      asUs(`INSERT INTO file VALUES ('${theirs.tenantId}', '${id}', repeat('0', 64), 1, '2030-01-01')`),
    ).rejects.toThrow('row-level security');
    await expect(
      asUs(`INSERT INTO journal (at, actor, action, subject) VALUES ('2030-01-01', 'x', 'x', 'x')`),
    ).rejects.toThrow('row-level security');
  });

  it('stay apart where many tenants take turns on two connections', async () => {
    await using compute = await ComputeUnderTest.start();
    const narrow = await new DataSource(
      dataSourceOptions({ ...database, url: compute.database.url, poolSize: 2 }),
    ).initialize();
    const life = await compute.restart(undefined, narrow);
    const projects = Array.from({ length: 5 }, () => compute.project());
    const mine = await Promise.all(
      projects.map(async (project) => ({ project, ids: [(await compute.submit(project)).id] })),
    );
    const turns = Array.from({ length: 20 }, () => mine).flat();
    const looks = turns.map(async ({ project, ids }, n) => {
      const other = mine[(n + 1) % mine.length]!;
      const [{ jobs }, stranger, bare] = await Promise.all([
        life.client.listJobs({ project }),
        life.client.getJob({ project, id: other.ids[0] ?? '' }).catch(({ code }: { code: string }) => code),
        narrow.query<object[]>('SELECT FROM job'),
        n % 7 === 0 && life.look(),
      ]);
      expect(jobs.map(({ id }) => id)).toEqual(ids);
      expect([other.project === project || stranger, bare]).toEqual([other.project === project || 'job_not_found', []]);
    });
    await Promise.all(looks);
    await compute.restart();
    await narrow.destroy();
  });
});

describe('placement', () => {
  it('sees what other tenants hold, and tells nobody whose it is', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project(), { devices: 3 });
    const project = compute.project();
    const second = await compute.submit(project, { devices: 2 });
    expect(second.state).toBe(State.QUEUED);
    const { sites } = await compute.life.client.listSites({});
    expect(sites[0]?.clusters[0]?.pools[0]).toMatchObject({ slots: 4, slotsFree: 1 });
  });

  it('does not read the history of a slot to know whether it is free', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.meddle(`
      INSERT INTO occupancy (slot_id, holder_kind, holder_tenant_id, holder_id, during)
      SELECT id, 'job', gen_random_uuid(), gen_random_uuid(),
             tstzrange(began, began + interval '1 minute')
        FROM slot, generate_series('2020-01-01'::timestamptz, '2020-01-04', '1 minute') began`);
    const read = await inScope(compute.db, 'all', async (tx) => {
      const before = await rowsRead(tx);
      const { pools } = await readRoom(tx, CPU, compute.clock.now());
      expect(pools[0]?.nodes[0]?.freeDevices).toEqual([0, 1, 2, 3]);
      return (await rowsRead(tx)) - before;
    });
    expect(read).toBeLessThan(100);
  });

  async function rowsRead(tx: Parameters<typeof readRoom>[0]): Promise<number> {
    const [row] = await tx.query<{ n: number }[]>(
      `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS n
         FROM pg_stat_xact_user_tables WHERE relname = 'occupancy'`,
    );
    return row?.n ?? 0;
  }
});
