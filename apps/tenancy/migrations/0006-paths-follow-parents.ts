import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who runs a tenant follows from its path, so a path is its parent's and itself, all the way. It is checked at the end
 * of a transaction, because a tenant that moves takes those below it along one after the other.
 */
export class PathsFollowParents1763769600006 implements MigrationInterface {
  readonly name = 'PathsFollowParents1763769600006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION check_tenant_path() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        before text := current_setting('kontor.all', true);
      BEGIN
        PERFORM set_config('kontor.all', 'on', true);
        IF EXISTS (
          SELECT FROM tenant t LEFT JOIN tenant above ON above.id = t.parent_id
           WHERE (t.id = NEW.id OR t.parent_id = NEW.id) AND t.path IS DISTINCT FROM above.path || t.id
        ) THEN
          RAISE EXCEPTION 'tenant_path_follows_parent: % does not', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tenant_path_follows_parent';
        END IF;
        PERFORM set_config('kontor.all', coalesce(before, ''), true);
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER tenant_path_follows_parent AFTER INSERT OR UPDATE OF path, parent_id ON tenant
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_tenant_path();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION check_tenant_path CASCADE');
  }
}
