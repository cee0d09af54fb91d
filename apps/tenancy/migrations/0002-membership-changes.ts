import { tenantRowsSql } from '@kontor/kit/tenant-scope';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the rest of the journal is counted against, and invitations that forget their address when they expire. */
export class MembershipChanges1763769600002 implements MigrationInterface {
  readonly name = 'MembershipChanges1763769600002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
    await runner.query(MEMBERSHIP_CHANGES);
    await runner.query(tenantRowsSql('membership_change'));
    await runner.query(EXPIRED_INVITATIONS);
    await runner.query('ALTER TABLE erased_person ADD COLUMN tenants int NOT NULL DEFAULT 0 CHECK (tenants >= 0)');
  }

  /** An invitation whose address was forgotten counts as taken back then: the address cannot come back. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SELECT set_config('kontor.all', 'on', true);
      ALTER TABLE erased_person DROP COLUMN tenants;
      DROP INDEX invitation_due;
      ALTER TABLE invitation DROP CONSTRAINT invitation_ends_once_and_has_no_address_then;
      UPDATE invitation SET revoked_at = expired_at WHERE revoked_at IS NULL AND expired_at IS NOT NULL;
      ALTER TABLE invitation DROP COLUMN expired_at,
        ADD CONSTRAINT invitation_ends_once_and_has_no_address_then CHECK (
          num_nonnulls(accepted_at, revoked_at, forgotten_at, email) = 1 AND (email IS NULL) = (email_key IS NULL)
        );
      DROP FUNCTION note_membership_change CASCADE;
      DROP TABLE membership_change;
    `);
  }
}

/**
 * One row for each change of a membership that is a mutation of its own; whose it was is told nowhere. A transaction in
 * which it is part of another one says so (membership-changes.ts), and whoever changes memberships around the service
 * does not.
 */
const MEMBERSHIP_CHANGES = `
  CREATE TABLE membership_change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant
  );
  GRANT SELECT, INSERT ON membership_change TO kontor_tenancy;
  INSERT INTO membership_change (tenant_id) SELECT tenant_id FROM journal
   WHERE action IN ('project.set-member', 'project.remove-member', 'tenant.remove-admin');

  CREATE FUNCTION note_membership_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('kontor.covered', true) IS DISTINCT FROM 'on' THEN
      INSERT INTO membership_change (tenant_id) VALUES (coalesce(NEW.tenant_id, OLD.tenant_id));
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER note_membership_change AFTER INSERT OR DELETE OR UPDATE OF role ON project_member
    FOR EACH ROW EXECUTE FUNCTION note_membership_change();
  CREATE TRIGGER note_membership_change AFTER INSERT OR DELETE ON tenant_admin
    FOR EACH ROW EXECUTE FUNCTION note_membership_change();
`;

/** One that has expired may still be taken back, so that it is listed no longer. */
const EXPIRED_INVITATIONS = `
  ALTER TABLE invitation ADD COLUMN expired_at timestamptz,
    DROP CONSTRAINT invitation_ends_once_and_has_no_address_then,
    ADD CONSTRAINT invitation_ends_once_and_has_no_address_then CHECK (
      num_nonnulls(accepted_at, coalesce(revoked_at, expired_at), forgotten_at, email) = 1
      AND (email IS NULL) = (email_key IS NULL)
    );
  CREATE INDEX invitation_due ON invitation (expires_at) WHERE email IS NOT NULL;
  GRANT UPDATE (expired_at) ON invitation TO kontor_tenancy;
`;
