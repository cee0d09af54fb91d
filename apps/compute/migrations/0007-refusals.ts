import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many refusals of a project were kept of late is asked before another one is. */
export class Refusals1764115200007 implements MigrationInterface {
  readonly name = 'Refusals1764115200007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX decision_refused ON decision (tenant_id, project_id, decided_at) WHERE NOT has_job',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX decision_refused');
  }
}
