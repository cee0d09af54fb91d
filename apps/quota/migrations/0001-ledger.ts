import { journalTableSql } from '@kontor/kit/journal';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The books. Money cannot be lost by a mistake in the code: floors, signs and immutability are promised here. There are
 * no foreign keys to account: every writer holds the locks of the accounts it names, and nobody can delete one, so a
 * key would only repeat that check for each leg and transfer.
 */
export class Ledger1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCOUNTS);
    await runner.query(RESERVATIONS);
    await runner.query(TRANSFERS);
    await runner.query(CHARGES);
    await runner.query(journalTableSql('kontor_quota'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE journal, charge_record, rate, transfer, leg, reservation, account');
  }
}

/** Half-empty pages let a hot balance be updated in place: no index names a column that changes. */
const ACCOUNTS = `
  CREATE TABLE account (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    project_id uuid,
    purpose smallint NOT NULL,
    asset text NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    floor bigint,
    created_at timestamptz NOT NULL,
    CONSTRAINT account_held_is_not_negative CHECK (held >= 0),
    CONSTRAINT account_floor_is_respected CHECK (floor IS NULL OR balance - held >= floor),
    CONSTRAINT account_of_project_has_floor CHECK ((purpose = 1) = (floor IS NOT NULL)),
    CONSTRAINT account_of_project_names_it CHECK (
      (purpose = 1) = (project_id IS NOT NULL) AND (project_id IS NULL) = (tenant_id IS NULL)
    )
  ) WITH (fillfactor = 50);
  CREATE INDEX account_by_project ON account (tenant_id, project_id, asset);
  GRANT SELECT, INSERT, UPDATE (balance, held) ON account TO kontor_quota;
`;

const RESERVATIONS = `
  CREATE TABLE reservation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    state smallint NOT NULL,
    accelerator_class text NOT NULL,
    slots int NOT NULL CHECK (slots > 0),
    ucr_per_device_hour bigint NOT NULL CHECK (ucr_per_device_hour >= 0),
    reserved_cover_device_ms bigint NOT NULL,
    timeout_ms bigint NOT NULL,
    used_device_ms bigint NOT NULL CHECK (used_device_ms >= 0),
    cover_device_ms bigint NOT NULL CHECK (cover_device_ms >= reserved_cover_device_ms),
    late_device_ms bigint NOT NULL CHECK (late_device_ms >= 0),
    waived_device_ms bigint NOT NULL CHECK (waived_device_ms >= 0),
    cause smallint NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
  ) WITH (fillfactor = 80);
  CREATE INDEX reservation_due ON reservation (expires_at) WHERE state = 1;
  CREATE TABLE leg (
    tenant_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    n smallint NOT NULL,
    asset text NOT NULL,
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    held bigint NOT NULL CHECK (held >= 0),
    posted bigint NOT NULL CHECK (posted >= 0),
    PRIMARY KEY (tenant_id, reservation_id, n)
  ) WITH (fillfactor = 80);
  GRANT SELECT, INSERT,
    UPDATE (state, used_device_ms, cover_device_ms, late_device_ms, waived_device_ms, cause, expires_at)
    ON reservation TO kontor_quota;
  GRANT SELECT, INSERT, UPDATE (held, posted) ON leg TO kontor_quota;
`;

const TRANSFERS = `
  CREATE TABLE transfer (
    id uuid PRIMARY KEY,
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL CHECK (credit_account_id <> debit_account_id),
    asset text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reason smallint NOT NULL,
    reservation_id uuid,
    created_at timestamptz NOT NULL
  );
  CREATE INDEX transfer_by_debit_account ON transfer (debit_account_id, created_at, id);
  CREATE INDEX transfer_by_credit_account ON transfer (credit_account_id, created_at, id);
  GRANT SELECT, INSERT ON transfer TO kontor_quota;
`;

const CHARGES = `
  CREATE TABLE rate (
    accelerator_class text NOT NULL,
    valid_from timestamptz NOT NULL,
    ucr_per_device_hour bigint NOT NULL CHECK (ucr_per_device_hour >= 0),
    PRIMARY KEY (accelerator_class, valid_from)
  );
  CREATE TABLE charge_record (
    tenant_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    project_id uuid NOT NULL,
    accelerator_class text NOT NULL,
    device_ms bigint NOT NULL,
    late_device_ms bigint NOT NULL,
    waived_device_ms bigint NOT NULL,
    ucr_per_device_hour bigint NOT NULL,
    cost_ucr bigint NOT NULL,
    payers jsonb NOT NULL,
    cause smallint NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, reservation_id)
  );
  CREATE INDEX charge_record_by_project ON charge_record (tenant_id, project_id, closed_at, reservation_id);
  GRANT SELECT, INSERT ON rate, charge_record TO kontor_quota;
`;
