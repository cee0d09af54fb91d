import { countMutationsSql } from '@kontor/kit/journal-mutations';
import { tenantRowsSql } from '@kontor/kit/tenant-scope';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which projects tenancy last said are suspended, and which jobs have to end for it. */
export class Suspension1764115200006 implements MigrationInterface {
  readonly name = 'Suspension1764115200006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SUSPENSION);
    await runner.query(tenantRowsSql('suspension'));
    await runner.query('DROP FUNCTION count_mutations_of_job CASCADE');
    await runner.query(countMutationsSql('job', [...AS_BEFORE, 'is_suspended']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job DROP CONSTRAINT job_cause_check, ADD CHECK (cause BETWEEN 0 AND 5), DROP COLUMN is_suspended;
      DROP TABLE suspension;
      DROP FUNCTION count_mutations_of_job CASCADE`);
    await runner.query(countMutationsSql('job', AS_BEFORE));
  }
}

/** A copy of what tenancy keeps and journals: rows come and go as it says. */
const SUSPENSION = `
  CREATE TABLE suspension (
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, project_id)
  );
  GRANT SELECT, INSERT, DELETE ON suspension TO kontor_compute;
  ALTER TABLE job
    ADD COLUMN is_suspended boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT job_cause_check,
    ADD CHECK (cause BETWEEN 0 AND 6);
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
  'short_of',
  'goes_on',
  'priority',
  'is_giving_way',
];
