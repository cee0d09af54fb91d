import { tenantRowsSql } from '@kontor/kit/tenant-scope';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of a tenant are there for transactions in its scope, or in that of all. */
export class TenantRows1763769600003 implements MigrationInterface {
  readonly name = 'TenantRows1763769600003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UNTIL);
    for (const table of ['job', 'decision', 'file', 'journal']) await runner.query(tenantRowsSql(table));
    await runner.query(tenantRowsSql('occupancy', 'holder_tenant_id'));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['job', 'decision', 'file', 'journal', 'occupancy']) {
      await runner.query(`DROP POLICY in_scope ON ${table};
        ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
    }
    await runner.query(`DROP FUNCTION end_of_occupancy CASCADE; ALTER TABLE occupancy DROP COLUMN until`);
  }
}

/**
 * Under row-level security no index answers whether two intervals overlap, because PostgreSQL does not know that the
 * comparison keeps to itself what it sees. Without this column every look for a free slot would read all its history.
 */
const UNTIL = `
  ALTER TABLE occupancy ADD COLUMN until timestamptz NOT NULL DEFAULT 'infinity';
  UPDATE occupancy SET until = coalesce(upper(during), 'infinity');
  CREATE INDEX occupancy_by_end ON occupancy (slot_id, until);
  CREATE FUNCTION end_of_occupancy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.until := coalesce(upper(NEW.during), 'infinity');
    RETURN NEW;
  END $$;
  CREATE TRIGGER end_of_occupancy BEFORE INSERT OR UPDATE ON occupancy
    FOR EACH ROW EXECUTE FUNCTION end_of_occupancy();
`;
