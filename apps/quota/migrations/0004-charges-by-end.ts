import type { MigrationInterface, QueryRunner } from 'typeorm';

/** All charges in the order in which their jobs ended: what is exported is read page by page. */
export class ChargesByEnd1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX charge_record_by_end ON charge_record (closed_at, tenant_id, reservation_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX charge_record_by_end');
  }
}
