import { countMutationsSql } from '@kontor/kit/journal-mutations';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a job runs short of, whether it goes on at low priority then, and whether it has to give way. */
export class WhenABudgetEnds1763769600005 implements MigrationInterface {
  readonly name = 'WhenABudgetEnds1763769600005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS);
    await runner.query('DROP FUNCTION count_mutations_of_job CASCADE');
    await runner.query(countMutationsSql('job', [...AS_BEFORE, 'short_of', 'goes_on', 'priority', 'is_giving_way']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job DROP CONSTRAINT job_short_of_check, DROP CONSTRAINT job_cause_check,
        ADD CONSTRAINT job_cause_check CHECK (cause BETWEEN 0 AND 4);
      ALTER TABLE job ALTER COLUMN short_of TYPE boolean USING short_of IS NOT NULL;
      ALTER TABLE job ALTER COLUMN short_of SET DEFAULT false, ALTER COLUMN short_of SET NOT NULL;
      ALTER TABLE job RENAME COLUMN short_of TO is_cover_refused;
      ALTER TABLE job DROP COLUMN goes_on, DROP COLUMN budget_ends_at, DROP COLUMN asked_at, DROP COLUMN priority,
        DROP COLUMN is_giving_way;
      DROP FUNCTION count_mutations_of_job CASCADE`);
    await runner.query(countMutationsSql('job', ['is_cover_refused', ...AS_BEFORE]));
  }
}

/** Whoever was refused cover before had to stop when it ended, for want of credits as far as anybody knows now. */
const COLUMNS = `
  ALTER TABLE job ALTER COLUMN is_cover_refused DROP DEFAULT, ALTER COLUMN is_cover_refused DROP NOT NULL;
  ALTER TABLE job ALTER COLUMN is_cover_refused TYPE text USING CASE WHEN is_cover_refused THEN 'credits' END;
  ALTER TABLE job RENAME COLUMN is_cover_refused TO short_of;
  ALTER TABLE job
    ADD CHECK (short_of IN ('credits', 'device_time', 'award', 'award_end')),
    ADD COLUMN goes_on boolean NOT NULL DEFAULT false,
    ADD COLUMN budget_ends_at timestamptz,
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 2),
    ADD COLUMN is_giving_way boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT job_cause_check,
    ADD CONSTRAINT job_cause_check CHECK (cause BETWEEN 0 AND 5);
`;

/** What was decided about a job and still is. */
const AS_BEFORE = [
  'state',
  'cause',
  'is_cancel_asked',
  'cluster_id',
  'pool_id',
  'node',
  'placed_devices',
  'billed_millidevices',
  'ucr_per_device_hour',
  'cover_ms',
  'cover_device_ms',
  'exit_code',
  'outputs',
  'outcome',
  'settlement',
  'ended_at',
];
