import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Public money: programmes and their pots, proposals, awards that pay a share of jobs, and what two persons change. */
export class Programmes1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PAYERS);
    await runner.query(PROGRAMMES);
    await runner.query(PROPOSALS);
    await runner.query(AWARDS);
    await runner.query(CHANGES);
    await runner.query(MOVEMENTS_OF_A_BUDGET);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX transfer_of_budget_by_debit_account, transfer_of_budget_by_credit_account;
      DROP TABLE founding, authorisation, change, award, proposal, programme;
      ALTER TABLE charge_record DROP COLUMN award_id, DROP COLUMN subsidy_ppm;
      ALTER TABLE reservation DROP COLUMN award_id, DROP COLUMN subsidy_ppm;
      ALTER TABLE account DROP CONSTRAINT account_that_gives_has_floor, DROP CONSTRAINT account_names_its_project,
        DROP CONSTRAINT account_of_award_has_terms, DROP COLUMN subsidy_ppm, DROP COLUMN ends_at,
        ADD CONSTRAINT account_of_project_has_floor CHECK ((purpose = 1) = (floor IS NOT NULL)),
        ADD CONSTRAINT account_of_project_names_it CHECK (
          (purpose = 1) = (project_id IS NOT NULL) AND (project_id IS NULL) = (tenant_id IS NULL)
        );
    `);
  }
}

/** 1 is a project's own account, 5 an award's, 6 a programme's pot: none of them gives more than it has. */
const PAYERS = `
  ALTER TABLE account ADD COLUMN subsidy_ppm int, ADD COLUMN ends_at timestamptz,
    DROP CONSTRAINT account_of_project_has_floor, DROP CONSTRAINT account_of_project_names_it,
    ADD CONSTRAINT account_that_gives_has_floor CHECK ((purpose IN (1, 5, 6)) = (floor IS NOT NULL)),
    ADD CONSTRAINT account_names_its_project CHECK (
      (purpose IN (1, 5)) = (project_id IS NOT NULL) AND (project_id IS NULL) = (tenant_id IS NULL)
    ),
    ADD CONSTRAINT account_of_award_has_terms CHECK (
      (purpose = 5) = (subsidy_ppm IS NOT NULL) AND (purpose = 5) = (ends_at IS NOT NULL)
      AND (purpose <> 5 OR (subsidy_ppm BETWEEN 1 AND 1000000 AND floor = 0))
    );
  GRANT UPDATE (ends_at) ON account TO kontor_quota;
  ALTER TABLE reservation ADD COLUMN award_id uuid, ADD COLUMN subsidy_ppm int NOT NULL DEFAULT 0,
    ADD CONSTRAINT reservation_with_award_has_share CHECK (
      subsidy_ppm BETWEEN 0 AND 1000000 AND (award_id IS NULL) = (subsidy_ppm = 0)
    );
  CREATE INDEX reservation_by_award ON reservation (award_id) WHERE award_id IS NOT NULL;
  ALTER TABLE charge_record ADD COLUMN award_id uuid, ADD COLUMN subsidy_ppm int NOT NULL DEFAULT 0;
`;

const PROGRAMMES = `
  CREATE TABLE programme (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    terms jsonb NOT NULL,
    resource_version bigint NOT NULL,
    created_at timestamptz NOT NULL
  );
  GRANT SELECT, INSERT, UPDATE (terms, resource_version) ON programme TO kontor_quota;
`;

const PROPOSALS = `
  CREATE TABLE proposal (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    programme_id uuid NOT NULL REFERENCES programme,
    applicant text NOT NULL,
    request jsonb NOT NULL,
    state smallint NOT NULL,
    rule text NOT NULL,
    reasons text NOT NULL,
    help text NOT NULL,
    decided_by text[] NOT NULL,
    decided_at timestamptz,
    award_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
  );
  CREATE INDEX proposal_by_project ON proposal (tenant_id, project_id, created_at, id);
  CREATE INDEX proposal_pending ON proposal (created_at, id) WHERE state = 1;
  GRANT SELECT, INSERT, UPDATE (state, rule, reasons, help, decided_by, decided_at, award_id)
    ON proposal TO kontor_quota;
`;

/** What an award has left, its share and its end stand on its account, which has the same id. */
const AWARDS = `
  CREATE TABLE award (
    id uuid PRIMARY KEY REFERENCES account,
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    programme_id uuid NOT NULL REFERENCES programme,
    proposal_id uuid NOT NULL,
    applicant text NOT NULL,
    granted_ucr bigint NOT NULL CHECK (granted_ucr > 0),
    returned_ucr bigint NOT NULL CHECK (returned_ucr BETWEEN 0 AND granted_ucr),
    limits jsonb NOT NULL,
    device_ms bigint NOT NULL,
    slots int NOT NULL,
    rule text NOT NULL,
    reasons text NOT NULL,
    decided_by text[] NOT NULL,
    granted_at timestamptz NOT NULL,
    due_at timestamptz,
    resource_version bigint NOT NULL,
    UNIQUE (tenant_id, proposal_id)
  );
  CREATE INDEX award_by_project ON award (tenant_id, project_id, granted_at, id);
  CREATE INDEX award_by_beneficiary ON award (programme_id, tenant_id, granted_at);
  CREATE INDEX award_by_applicant ON award (programme_id, applicant, granted_at);
  CREATE INDEX award_due ON award (due_at) WHERE due_at IS NOT NULL;
  GRANT SELECT, INSERT, UPDATE (returned_ucr, due_at, resource_version) ON award TO kontor_quota;
`;

const CHANGES = `
  CREATE TABLE change (
    id uuid PRIMARY KEY,
    matter jsonb NOT NULL,
    tenant_id uuid,
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    state smallint NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz,
    decision_reason text NOT NULL,
    CONSTRAINT change_takes_two_persons CHECK (state <> 2 OR decided_by <> proposed_by)
  );
  CREATE INDEX change_newest ON change (proposed_at, id);
  GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, decision_reason) ON change TO kontor_quota;
  CREATE TABLE authorisation (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    authorised_ucr bigint NOT NULL CHECK (authorised_ucr >= 0),
    at timestamptz NOT NULL
  );
  CREATE TABLE founding (
    is_done boolean PRIMARY KEY CHECK (is_done),
    request jsonb NOT NULL,
    at timestamptz NOT NULL
  );
  GRANT SELECT, INSERT ON authorisation, founding TO kontor_quota;
`;

/** Grants and returns: few beside all the use, and a budget is read from them alone. */
const MOVEMENTS_OF_A_BUDGET = `
  CREATE INDEX transfer_of_budget_by_debit_account ON transfer (debit_account_id) WHERE reason IN (1, 2);
  CREATE INDEX transfer_of_budget_by_credit_account ON transfer (credit_account_id) WHERE reason IN (1, 2);
`;
