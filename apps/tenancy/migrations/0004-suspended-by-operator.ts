import { countMutationsSql } from '@kontor/kit/journal-mutations';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A project remembers that operator staff suspended it, who alone resume it then. Of one that was suspended before this
 * nothing says by whom: whoever could resume it still can.
 */
export class SuspendedByOperator1763769600004 implements MigrationInterface {
  readonly name = 'SuspendedByOperator1763769600004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE project ADD COLUMN suspended_by_operator boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT project_is_suspended_by_somebody CHECK (state = 2 OR NOT suspended_by_operator);
      GRANT UPDATE (suspended_by_operator) ON project TO kontor_tenancy;
    `);
    await runner.query(countAnew([...COUNTED, 'suspended_by_operator']));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(countAnew(COUNTED));
    await runner.query('ALTER TABLE project DROP COLUMN suspended_by_operator');
  }
}

const COUNTED = ['display_name', 'state', 'owner_id'];

const countAnew = (columns: string[]): string => `
  DROP FUNCTION count_mutations_of_project CASCADE;
  ${countMutationsSql('project', columns)}`;
