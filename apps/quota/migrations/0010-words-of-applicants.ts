import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The journal knows the words of applicants by a salted digest alone; of earlier proposals it has the words. */
export class WordsOfApplicants1700000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE proposal ADD COLUMN salt text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE proposal DROP COLUMN salt');
  }
}
