import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an award takes from its programme stays as it was granted, whatever the programme becomes; what was taken back
 * of its device time and slots, and who returned it early, stand beside it. Old awards are frozen as they read now.
 */
export class AwardTerms1700000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Rows of all tenants are brought up to date, whatever policies stand before them.
    await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
    await runner.query(`
      ALTER TABLE award ADD COLUMN programme_name text, ADD COLUMN budget_end smallint,
        ADD COLUMN warn_at_ppm jsonb, ADD COLUMN returned_by text,
        ADD COLUMN taken jsonb NOT NULL DEFAULT '{}';
      UPDATE award SET programme_name = terms ->> 'name',
          budget_end = CASE terms ->> 'budgetEnd' WHEN 'CONTINUE_AT_LOW_PRIORITY' THEN 2 ELSE 1 END,
          warn_at_ppm = coalesce(terms -> 'warnAtPpm', '[]')
        FROM programme WHERE programme.id = programme_id;
      UPDATE award SET returned_by = actor FROM journal
        WHERE journal.subject = award.id::text AND action = 'award.return';
      ALTER TABLE award ALTER COLUMN programme_name SET NOT NULL, ALTER COLUMN budget_end SET NOT NULL,
        ALTER COLUMN warn_at_ppm SET NOT NULL, ALTER COLUMN taken DROP DEFAULT;
      GRANT UPDATE (returned_by, taken) ON award TO kontor_quota_ledger;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE award DROP COLUMN programme_name, DROP COLUMN budget_end, DROP COLUMN warn_at_ppm,
        DROP COLUMN returned_by, DROP COLUMN taken;
    `);
  }
}
