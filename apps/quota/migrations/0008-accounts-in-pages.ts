import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A page of a project's accounts is found where it begins: each award that it ever had is one of them. */
export class AccountsInPages1700000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX account_in_order ON account (tenant_id, project_id, asset, purpose, id);
      DROP INDEX account_by_project;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX account_by_project ON account (tenant_id, project_id, asset);
      DROP INDEX account_in_order;
    `);
  }
}
