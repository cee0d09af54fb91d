import { countMutationsSql } from '@kontor/kit/journal-mutations';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when nothing is left of an ended job but its row. */
export class Retention1764115200008 implements MigrationInterface {
  readonly name = 'Retention1764115200008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job ADD COLUMN forgotten_at timestamptz;
      CREATE INDEX job_kept ON job (ended_at) WHERE ended_at IS NOT NULL AND forgotten_at IS NULL;
      DROP FUNCTION count_mutations_of_job CASCADE`);
    await runner.query(countMutationsSql('job', [...AS_BEFORE, 'forgotten_at']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job DROP COLUMN forgotten_at;
      DROP FUNCTION count_mutations_of_job CASCADE`);
    await runner.query(countMutationsSql('job', AS_BEFORE));
  }
}

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
  'short_of',
  'goes_on',
  'priority',
  'is_giving_way',
  'is_suspended',
];
