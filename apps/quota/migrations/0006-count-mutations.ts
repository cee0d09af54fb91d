import { countMutationsSql } from '@kontor/kit/journal-mutations';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every record of the journal is counted against; see mutations.ts. */
export class CountMutations1700000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Rows of all tenants are brought up to date, whatever policies stand before them.
    await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
    await runner.query(BY_COMMAND);
    await runner.query(OF_DECISIONS);
    await runner.query(BY_VERSION);
    for (const [table, columns] of Object.entries(COUNTED)) await runner.query(countMutationsSql(table, columns));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(COUNTED)) {
      await runner.query(`DROP FUNCTION count_mutations_of_${table} CASCADE;
        ALTER TABLE ${table} DROP COLUMN mutations`);
    }
    await runner.query(`
      ALTER TABLE rate DROP COLUMN of_decision;
      ALTER TABLE transfer DROP COLUMN of_decision;
      ALTER TABLE reservation DROP COLUMN mutations;`);
  }
}

/**
 * Reservations are written once for a whole batch, so a trigger could not tell how many commands changed one: the
 * ledger adds their number as it writes. Old rows were changed as often as the journal says: nothing else remembers.
 */
const BY_COMMAND = `
  ALTER TABLE reservation ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  GRANT UPDATE (mutations) ON reservation TO kontor_quota_ledger;
  UPDATE reservation r SET mutations = j.n
    FROM (SELECT tenant_id, subject, count(*) AS n FROM journal
           WHERE starts_with(action, 'reservation.') GROUP BY tenant_id, subject) j
   WHERE j.tenant_id = r.tenant_id AND j.subject = r.id::text AND j.n > 1;
`;

/** Transfers and rates come by hand, each with a record of its own, or with a decision, whose record covers them. */
const OF_DECISIONS = `
  ALTER TABLE transfer ADD COLUMN of_decision boolean NOT NULL DEFAULT false;
  UPDATE transfer t SET of_decision = true WHERE t.reservation_id IS NULL AND NOT EXISTS (
    SELECT FROM journal j WHERE j.subject = t.id::text AND j.action = 'transfer.create');
  ALTER TABLE rate ADD COLUMN of_decision boolean NOT NULL DEFAULT false;
  UPDATE rate r SET of_decision = true WHERE NOT EXISTS (
    SELECT FROM journal j WHERE j.subject = r.accelerator_class AND j.action = 'rate.set'
       AND (j.after ->> 'validFrom')::timestamptz = r.valid_from);
`;

/** Old rows say themselves how often they changed: a proposal and a change are decided at most once. */
const BY_VERSION = `
  ALTER TABLE programme ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  UPDATE programme SET mutations = resource_version;
  ALTER TABLE award ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  UPDATE award SET mutations = resource_version;
  ALTER TABLE proposal ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  UPDATE proposal SET mutations = 2 WHERE cardinality(decided_by) > 0;
  ALTER TABLE change ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  UPDATE change SET mutations = 2 WHERE state <> 1;
  ALTER TABLE rate ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
  ALTER TABLE authorisation ADD COLUMN mutations bigint NOT NULL DEFAULT 1;
`;

/** Few rows, which people change. When an award's end is looked at next is nobody's decision. */
const COUNTED = {
  programme: ['terms', 'resource_version'],
  award: ['granted_ucr', 'returned_ucr', 'limits', 'resource_version'],
  proposal: ['request', 'state', 'rule', 'reasons', 'help', 'decided_by', 'decided_at', 'award_id'],
  change: ['matter', 'state', 'decided_by', 'decided_at', 'decision_reason'],
  rate: ['valid_from', 'ucr_per_device_hour'],
  authorisation: ['authorised_ucr'],
};
