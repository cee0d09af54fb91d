import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A page of a list is found where it begins, however long the list is. Tokens of a project have such an index. */
export class ListsInPages1763769600003 implements MigrationInterface {
  readonly name = 'ListsInPages1763769600003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX project_member_by_since ON project_member (project_id, since, person_id);
      CREATE INDEX tenant_admin_by_since ON tenant_admin (tenant_id, since, person_id);
      CREATE INDEX invitation_listed ON invitation (tenant_id, project_id, created_at, id)
        WHERE accepted_at IS NULL AND revoked_at IS NULL AND forgotten_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX project_member_by_since, tenant_admin_by_since, invitation_listed');
  }
}
