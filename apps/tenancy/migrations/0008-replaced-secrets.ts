import { countMutationsSql } from '@kontor/kit/journal-mutations';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['project_token', 'invitation'];

/** Who asks again for what they made gets another secret for it. The database counts how often. */
export class ReplacedSecrets1763769600008 implements MigrationInterface {
  readonly name = 'ReplacedSecrets1763769600008';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        ALTER TABLE ${table} ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
        GRANT UPDATE (secret_sha256) ON ${table} TO kontor_tenancy;
        ${countMutationsSql(table, ['secret_sha256'])}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        REVOKE UPDATE (secret_sha256) ON ${table} FROM kontor_tenancy;
        DROP FUNCTION count_mutations_of_${table} CASCADE;
        ALTER TABLE ${table} DROP COLUMN mutations;`);
    }
  }
}
