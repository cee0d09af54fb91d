import { countMutationsSql } from '@kontor/kit/journal-mutations';
import { journalSealTableSql } from '@kontor/kit/journal-seal';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The journal's seals, and what its records are counted against. What there is already counts as journaled. */
export class SealedJournal1763769600002 implements MigrationInterface {
  readonly name = 'SealedJournal1763769600002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(journalSealTableSql('kontor_compute'));
    await runner.query(VERSIONS);
    await runner.query(countMutationsSql('job', OF_A_JOB));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION count_mutations_of_job CASCADE;
      ALTER TABLE job DROP COLUMN mutations;
      ALTER TABLE decision DROP COLUMN has_job;
      ALTER TABLE cluster DROP COLUMN resource_version;
      DROP AGGREGATE journal_chain(bytea);
      DROP FUNCTION journal_link, journal_text;
      DROP TABLE journal_seal;
      DROP INDEX journal_by_tenant, journal_by_person;`);
  }
}

const VERSIONS = `
  CREATE INDEX journal_by_tenant ON journal (tenant_id, seq);
  ALTER TABLE job ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  UPDATE job j SET mutations = (
    SELECT count(*) FROM journal e WHERE e.tenant_id = j.tenant_id AND e.subject = j.id::text
       AND e.action LIKE 'job.%' AND e.action <> 'job.refused');
  ALTER TABLE decision ADD COLUMN has_job boolean NOT NULL DEFAULT true;
  UPDATE decision d SET has_job = false WHERE d.decision ->> 'verdict' = 'REFUSED' AND NOT EXISTS (
    SELECT FROM job j WHERE j.tenant_id = d.tenant_id AND j.id = d.job_id AND j.created_at <= d.decided_at);
  ALTER TABLE cluster ADD COLUMN resource_version bigint NOT NULL DEFAULT 0;
  UPDATE cluster c SET resource_version = (
    SELECT count(*) FROM journal e WHERE e.subject = c.id::text AND e.action LIKE 'cluster.%');
`;

/** All that is decided about a job. What the engine observes and what only schedules the next look is not. */
const OF_A_JOB = [
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
  'is_cover_refused',
  'exit_code',
  'outputs',
  'outcome',
  'settlement',
  'ended_at',
];
