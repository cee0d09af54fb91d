import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two roles: the ledger's alone writes, for all tenants at once; the service's own reads, and a transaction of its sees
 * the rows of the tenant in whose scope it is, or of all. The owner of the tables is bound in the same way.
 */
export class TenantRows1700000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RIGHTS);
    for (const table of OF_TENANTS) await runner.query(rowsSql(table, `tenant_id = ${TENANT}`));
    await runner.query(rowsSql('transfer', OF_TRANSFER));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...OF_TENANTS, 'transfer']) {
      await runner.query(`DROP POLICY in_scope ON ${table}; DROP POLICY of_ledger ON ${table};
        ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
    }
    await runner.query(writingSql('GRANT', 'TO kontor_quota'));
    await runner.query(`${writingSql('REVOKE', 'FROM kontor_quota_ledger')};
      REVOKE SELECT ON ${TABLES} FROM kontor_quota_ledger`);
  }
}

const OF_TENANTS = ['account', 'reservation', 'leg', 'charge_record', 'proposal', 'award', 'change', 'journal'];

const TABLES = `account, reservation, leg, transfer, charge_record, rate, programme, proposal, award, change,
  authorisation, founding`;

/** All that was granted to the service so far, but for reading and for the journal's seals. */
const writingSql = (verb: 'GRANT' | 'REVOKE', whom: string): string => `
  ${verb} INSERT ON ${TABLES}, journal ${whom};
  ${verb} UPDATE (balance, held, ends_at) ON account ${whom};
  ${verb} UPDATE (state, used_device_ms, cover_device_ms, late_device_ms, waived_device_ms, cause, expires_at)
    ON reservation ${whom};
  ${verb} UPDATE (held, posted) ON leg ${whom};
  ${verb} UPDATE (terms, resource_version) ON programme ${whom};
  ${verb} UPDATE (state, rule, reasons, help, decided_by, decided_at, award_id) ON proposal ${whom};
  ${verb} UPDATE (returned_ucr, due_at, resource_version) ON award ${whom};
  ${verb} UPDATE (state, decided_by, decided_at, decision_reason) ON change ${whom}`;

const RIGHTS = `
  GRANT SELECT ON ${TABLES} TO kontor_quota_ledger;
  ${writingSql('GRANT', 'TO kontor_quota_ledger')};
  ${writingSql('REVOKE', 'FROM kontor_quota')};
`;

/** Sub-selects are evaluated once for a statement, not for each of the ten million rows that a report may read. */
const ALL = `(SELECT current_setting('kontor.all', true) = 'on')`;
const TENANT = `(SELECT nullif(current_setting('kontor.tenant', true), '')::uuid)`;

/** A transfer is there for whoever sees one of its accounts. */
const OF_TRANSFER = `EXISTS (SELECT FROM account WHERE id = debit_account_id AND tenant_id = ${TENANT})
  OR EXISTS (SELECT FROM account WHERE id = credit_account_id AND tenant_id = ${TENANT})`;

const rowsSql = (table: string, ofTenant: string): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY in_scope ON ${table} TO kontor_quota, kontor_quota_owner USING (${ALL} OR ${ofTenant});
  CREATE POLICY of_ledger ON ${table} TO kontor_quota_ledger USING (true);
`;
