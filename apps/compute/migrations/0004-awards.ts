import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which award pays its share of a job. */
export class Awards1763769600004 implements MigrationInterface {
  readonly name = 'Awards1763769600004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job ADD COLUMN award_id uuid');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job DROP COLUMN award_id');
  }
}
