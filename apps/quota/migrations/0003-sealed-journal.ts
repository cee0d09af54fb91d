import { journalSealTableSql } from '@kontor/kit/journal-seal';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The journal's seals. */
export class SealedJournal1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(journalSealTableSql('kontor_quota'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP AGGREGATE journal_chain(bytea);
      DROP FUNCTION journal_link, journal_text;
      DROP TABLE journal_seal;
      DROP INDEX journal_by_person;`);
  }
}
