import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { check } from '@kontor/postgres/migrate';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import database from './database.ts';

describe('the database', () => {
  it('is what the tables say', async () => {
    await using compute = await ComputeUnderTest.start();
    expect(await check({ ...database, url: compute.database.ownerUrl })).toEqual({ pending: [], drift: [] });
  });

  it('refuses two at once in one slot, whoever asks', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project());
    const other = compute.db.query(
      `
      INSERT INTO occupancy (slot_id, holder_kind, holder_tenant_id, holder_id, during)
      SELECT slot_id, 'maintenance', $1, $1, tstzrange('2031-01-01', '2032-01-01') FROM occupancy`,
      [uuid7()],
    );
    await expect(other).rejects.toThrow('occupancy_is_exclusive');
  });

  it('keeps a job off a slot that is wanted later', async () => {
    await using compute = await ComputeUnderTest.start();
    await compute.db.query(
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
    await expect(compute.db.query(sql)).rejects.toThrow('permission denied');
  });

  it.each([
    ['a running job without a place', 'UPDATE job SET placed_devices = NULL'],
    ['an ended job that is still due', 'UPDATE job SET state = 7, ended_at = created_at'],
    ['an ended job without an end', 'UPDATE job SET state = 7, next_at = NULL'],
    ['a state that there is not', 'UPDATE job SET state = 10'],
  ])('does not hold %s', async (_, sql) => {
    await using compute = await ComputeUnderTest.start();
    await compute.submit(compute.project());
    await expect(compute.db.query(sql)).rejects.toThrow('check constraint');
  });
});
