import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What jobs cost by month, project, class and award, kept by the very transaction that writes the charges: a report
 * over years then reads few rows beside all the charges, and is exact all the same.
 */
export class ChargeSums1700000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SUMS);
    // Charges of all tenants are summed up, whatever policies stand before them.
    await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
    await runner.query(`INSERT INTO charge_sum (${COLUMNS}) ${summed('charge_record')}`);
    await runner.query(KEPT);
    await runner.query(ROWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION sum_charges CASCADE; DROP TABLE charge_sum');
  }
}

/** Pages with room let a sum change in place: no index names a column that changes. */
const SUMS = `
  CREATE TABLE charge_sum (
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    accelerator_class text NOT NULL,
    award_id uuid,
    month date NOT NULL,
    jobs bigint NOT NULL,
    device_ms bigint NOT NULL,
    late_device_ms bigint NOT NULL,
    cost_ucr bigint NOT NULL,
    award_ucr bigint NOT NULL,
    CONSTRAINT charge_sum_has_one_row_for_each
      UNIQUE NULLS NOT DISTINCT (tenant_id, project_id, award_id, accelerator_class, month)
  ) WITH (fillfactor = 80);
  GRANT SELECT ON charge_sum TO kontor_quota, kontor_quota_ledger;
  GRANT INSERT, UPDATE (jobs, device_ms, late_device_ms, cost_ucr, award_ucr) ON charge_sum TO kontor_quota_ledger;
`;

const COLUMNS = `tenant_id, project_id, award_id, accelerator_class, month, jobs, device_ms, late_device_ms, cost_ucr,
  award_ucr`;

/** An award's part is the same floor as everywhere, divided before it is multiplied so that nothing overflows. */
const summed = (charges: string): string => `
  SELECT tenant_id, project_id, award_id, accelerator_class, date_trunc('month', closed_at AT TIME ZONE 'UTC')::date,
    count(*), sum(device_ms), sum(late_device_ms), sum(cost_ucr),
    sum(cost_ucr / 1000000 * subsidy_ppm + cost_ucr % 1000000 * subsidy_ppm / 1000000)
  FROM ${charges} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;

/** Whoever writes charges holds the locks of their accounts, so nobody waits for a sum who did not wait for those. */
const KEPT = `
  CREATE FUNCTION sum_charges() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO charge_sum AS kept (${COLUMNS}) ${summed('closed')}
    ON CONFLICT (tenant_id, project_id, award_id, accelerator_class, month) DO UPDATE SET
      jobs = kept.jobs + excluded.jobs, device_ms = kept.device_ms + excluded.device_ms,
      late_device_ms = kept.late_device_ms + excluded.late_device_ms,
      cost_ucr = kept.cost_ucr + excluded.cost_ucr, award_ucr = kept.award_ucr + excluded.award_ucr;
    RETURN NULL;
  END $$;
  CREATE TRIGGER sum_charges AFTER INSERT ON charge_record REFERENCING NEW TABLE AS closed
    FOR EACH STATEMENT EXECUTE FUNCTION sum_charges();
`;

const ROWS = `
  ALTER TABLE charge_sum ENABLE ROW LEVEL SECURITY;
  ALTER TABLE charge_sum FORCE ROW LEVEL SECURITY;
  CREATE POLICY in_scope ON charge_sum TO kontor_quota, kontor_quota_owner USING (
    (SELECT current_setting('kontor.all', true) = 'on')
    OR tenant_id = (SELECT nullif(current_setting('kontor.tenant', true), '')::uuid)
  );
  CREATE POLICY of_ledger ON charge_sum TO kontor_quota_ledger USING (true);
`;
