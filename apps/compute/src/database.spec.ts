import { describe, expect, it } from '@jest/globals';
import { dataSourceOptions } from '@kontor/kit/database';
import { uuid7 } from '@kontor/kit/id';
import { countLine, countMutations } from '@kontor/kit/journal-mutations';
import { inScope } from '@kontor/kit/tenant-scope';
import { check, migrate } from '@kontor/postgres/migrate';
import { testDatabase } from '@kontor/testing/database';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { JobsAndSlots1761955200001 } from '../migrations/0001-jobs-and-slots.ts';
import { WhenABudgetEnds1763769600005 } from '../migrations/0005-when-a-budget-ends.ts';
import { Suspension1764115200006 } from '../migrations/0006-suspension.ts';
import { Refusals1764115200007 } from '../migrations/0007-refusals.ts';
import { Retention1764115200008 } from '../migrations/0008-retention.ts';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import database from './database.ts';
import { computeMutations } from './mutations.ts';

describe('the database', () => {
  it('is what the tables say', async () => {
    await using compute = await ComputeUnderTest.start();
    expect(await check({ ...database, url: compute.database.ownerUrl })).toEqual({ pending: [], drift: [] });
  });

  it('counts what was there before its journal was sealed as journaled, and keeps who has which slot', async () => {
    await using old = await testDatabase('compute', [JobsAndSlots1761955200001]);
    await asOwner(old.ownerUrl, WHAT_WAS_THERE);
    expect(await migrate({ ...database, url: old.ownerUrl })).toMatchObject({ drift: [] });
    const db = await new DataSource(dataSourceOptions({ ...database, url: old.url })).initialize();
    const count = await inScope(db, 'all', (tx) => countMutations(tx, computeMutations));
    const occupied = await inScope(db, 'all', (tx) => tx.query('SELECT until::text FROM occupancy ORDER BY 1'));
    const jobs = await inScope(db, 'all', (tx) => tx.query('SELECT short_of AS "shortOf", priority FROM job'));
    await db.destroy();
    expect(countLine(count)).toBe('journal complete: mutations=5 records=5');
    expect(jobs).toEqual([{ shortOf: 'credits', priority: 1 }]);
    expect(occupied).toEqual([{ until: '2030-01-02 00:00:00+00' }, { until: 'infinity' }]);
  });

  it('goes back some steps, and forth again', async () => {
    await using fresh = await testDatabase('compute', database.migrations);
    const db = await new DataSource(dataSourceOptions({ ...database, url: fresh.ownerUrl })).initialize();
    const runner = db.createQueryRunner();
    const steps = [
      new WhenABudgetEnds1763769600005(),
      new Suspension1764115200006(),
      new Refusals1764115200007(),
      new Retention1764115200008(),
    ];
    for (const step of steps.toReversed()) await step.down(runner);
    for (const step of steps) await step.up(runner);
    await runner.release();
    await db.destroy();
    expect(await check({ ...database, url: fresh.ownerUrl })).toEqual({ pending: [], drift: [] });
  });

  it('refuses two at once in one slot, whoever asks', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project());
    const other = compute.meddle(
      `
      INSERT INTO occupancy (slot_id, holder_kind, holder_tenant_id, holder_id, during)
      SELECT slot_id, 'maintenance', $1, $1, tstzrange('2031-01-01', '2032-01-01') FROM occupancy`,
      [uuid7()],
    );
    await expect(other).rejects.toThrow('occupancy_is_exclusive');
  });

  it('keeps a job off a slot that is wanted later', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.meddle(
      `
      INSERT INTO occupancy (slot_id, holder_kind, holder_tenant_id, holder_id, during)
      SELECT id, 'maintenance', $1, $1, tstzrange('2031-01-01', '2032-01-01') FROM slot WHERE device < 3`,
      [uuid7()],
    );
    const { placement } = await compute.submit(compute.project());
    expect(placement?.devices).toEqual([3]);
  });

  it.each([
    ['a decision', 'UPDATE decision SET decided_at = now()'],
    ['the journal', "UPDATE journal SET actor = 'nobody'"],
    ['the journal, by deleting', 'DELETE FROM journal'],
    ['who had a slot, by deleting', 'DELETE FROM occupancy'],
    ['which files there are', 'DELETE FROM file'],
  ])('does not let the service change %s', async (_, sql) => {
    await using compute = await ComputeUnderTest.start();
    await expect(compute.meddle(sql)).rejects.toThrow('permission denied');
  });

  it.each([
    ['a running job without a place', 'UPDATE job SET placed_devices = NULL'],
    ['an ended job that is still due', 'UPDATE job SET state = 7, ended_at = created_at'],
    ['an ended job without an end', 'UPDATE job SET state = 7, next_at = NULL'],
    ['a state that there is not', 'UPDATE job SET state = 10'],
  ])('does not hold %s', async (_, sql) => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project());
    await expect(compute.meddle(sql)).rejects.toThrow('check constraint');
  });
});

/** A job that was placed and is starting, one that was refused, a file and a cluster, as the first version left. */
const WHAT_WAS_THERE = `
  SET TimeZone = 'UTC';
  INSERT INTO site VALUES (uuid_of(1), 'home');
  INSERT INTO cluster VALUES (uuid_of(2), uuid_of(1), 'local', 'local', 1, 2, '');
  INSERT INTO pool VALUES (uuid_of(3), uuid_of(2), 'cpu.x86_64');
  INSERT INTO node VALUES (uuid_of(4), uuid_of(3), 'n1', 1, 1, 1);
  INSERT INTO slot VALUES (uuid_of(5), uuid_of(4), 0);
  INSERT INTO occupancy VALUES
    (uuid_of(5), 'job', uuid_of(6), uuid_of(7), '[2030-01-01, 2030-01-02)'),
    (uuid_of(5), 'job', uuid_of(6), uuid_of(8), '[2030-01-03,)');
  INSERT INTO job (tenant_id, id, project_id, name, workload, content_sha256, accelerator_class, devices, cores,
    memory_bytes, time_limit_ms, state, placed_devices, created_at)
  VALUES (uuid_of(6), uuid_of(8), uuid_of(9), 'x', '{}', 'x', 'cpu.x86_64', 1, 1, 1, 1, 3, '{0}', '2030-01-03');
  UPDATE job SET is_cover_refused = true;
  INSERT INTO decision VALUES
    (uuid_of(10), uuid_of(6), uuid_of(9), uuid_of(8), '{"verdict": "PLACED"}', '{}', '2030-01-03'),
    (uuid_of(11), uuid_of(6), uuid_of(9), uuid_of(12), '{"verdict": "REFUSED"}', '{}', '2030-01-03');
  INSERT INTO file VALUES (uuid_of(6), uuid_of(9), repeat('0', 64), 1, '2030-01-01');
  INSERT INTO journal (at, actor, action, subject, tenant_id) VALUES
    ('2030-01-01', 'compute', 'cluster.capacity', uuid_of(2), NULL),
    ('2030-01-01', 'gateway', 'file.keep', repeat('0', 64), uuid_of(6)),
    ('2030-01-03', 'gateway', 'job.refused', uuid_of(12), uuid_of(6)),
    ('2030-01-03', 'gateway', 'job.placed', uuid_of(8), uuid_of(6)),
    ('2030-01-03', 'compute', 'job.starting', uuid_of(8), uuid_of(6));
`;

async function asOwner(url: string, sql: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const uuid = (_: string, n: string): string => `'${n.padStart(8, '0')}-0000-7000-8000-000000000000'`;
  await owner.query(sql.replace(/uuid_of\((\d+)\)/g, uuid));
  await owner.end();
}
