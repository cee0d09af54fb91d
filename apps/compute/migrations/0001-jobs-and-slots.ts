import { journalTableSql } from '@kontor/kit/journal';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sites down to slots, who occupies them, jobs, decisions, files and the journal. */
export class JobsAndSlots1761955200001 implements MigrationInterface {
  readonly name = 'JobsAndSlots1761955200001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PLACES);
    await runner.query(JOBS);
    await runner.query(journalTableSql('kontor_compute'));
    await runner.query(GRANTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE journal, file, decision, job, occupancy, slot, node, pool, cluster, site');
  }
}

/** A gist index over a uuid needs btree_gist, which an owner of the database may add. */
const PLACES = `
  CREATE EXTENSION IF NOT EXISTS btree_gist;

  CREATE TABLE site (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE
  );
  CREATE TABLE cluster (
    id uuid PRIMARY KEY,
    site_id uuid NOT NULL REFERENCES site,
    name text NOT NULL,
    engine text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 2),
    isolation smallint NOT NULL CHECK (isolation BETWEEN 0 AND 3),
    isolation_detail text NOT NULL,
    observed_at timestamptz,
    UNIQUE (site_id, name)
  );
  CREATE TABLE pool (
    id uuid PRIMARY KEY,
    cluster_id uuid NOT NULL REFERENCES cluster,
    accelerator_class text NOT NULL,
    UNIQUE (cluster_id, accelerator_class)
  );
  CREATE INDEX pool_by_class ON pool (accelerator_class);
  CREATE TABLE node (
    id uuid PRIMARY KEY,
    pool_id uuid NOT NULL REFERENCES pool,
    name text NOT NULL,
    devices int NOT NULL CHECK (devices > 0),
    cores int NOT NULL CHECK (cores > 0),
    memory_bytes bigint NOT NULL CHECK (memory_bytes > 0),
    gone_at timestamptz,
    UNIQUE (pool_id, name)
  );
  CREATE TABLE slot (
    id uuid PRIMARY KEY,
    node_id uuid NOT NULL REFERENCES node,
    device int NOT NULL CHECK (device >= 0),
    gone_at timestamptz,
    UNIQUE (node_id, device)
  );
  CREATE TABLE occupancy (
    slot_id uuid NOT NULL REFERENCES slot,
    holder_kind text NOT NULL CHECK (holder_kind IN ('job', 'lease', 'maintenance')),
    holder_tenant_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    during tstzrange NOT NULL,
    PRIMARY KEY (slot_id, holder_kind, holder_tenant_id, holder_id),
    CONSTRAINT occupancy_is_exclusive EXCLUDE USING gist (slot_id WITH =, during WITH &&)
  );
  CREATE INDEX occupancy_by_holder ON occupancy (holder_tenant_id, holder_id);
`;

/** States are those of the contract's Job.State: 1 queued, 2 to 6 holding slots, 7 to 9 ended. */
const JOBS = `
  CREATE TABLE job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    workload jsonb NOT NULL,
    content_sha256 text NOT NULL,
    accelerator_class text NOT NULL,
    devices int NOT NULL CHECK (devices > 0),
    cores int NOT NULL CHECK (cores >= 0),
    memory_bytes bigint NOT NULL CHECK (memory_bytes > 0),
    time_limit_ms bigint NOT NULL CHECK (time_limit_ms > 0),
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 9),
    cause smallint NOT NULL DEFAULT 0 CHECK (cause BETWEEN 0 AND 4),
    detail text NOT NULL DEFAULT '',
    trouble text,
    is_cancel_asked boolean NOT NULL DEFAULT false,
    waits_for text,
    cluster_id uuid REFERENCES cluster,
    pool_id uuid REFERENCES pool,
    node text,
    placed_devices int[],
    billed_millidevices bigint NOT NULL DEFAULT 0,
    ucr_per_device_hour bigint NOT NULL DEFAULT 0,
    elapsed_ms bigint NOT NULL DEFAULT 0,
    cpu_ms bigint NOT NULL DEFAULT 0,
    memory_bytes_max bigint NOT NULL DEFAULT 0,
    disk_bytes bigint NOT NULL DEFAULT 0,
    log_bytes bigint NOT NULL DEFAULT 0,
    billed_device_ms bigint NOT NULL DEFAULT 0,
    cover_ms bigint NOT NULL DEFAULT 0,
    cover_device_ms bigint NOT NULL DEFAULT 0,
    is_cover_refused boolean NOT NULL DEFAULT false,
    exit_code int,
    outputs jsonb NOT NULL DEFAULT '[]',
    outcome smallint CHECK (outcome BETWEEN 7 AND 9),
    settlement text CHECK (settlement IN ('post', 'void')),
    resource_version bigint NOT NULL DEFAULT 1,
    epoch bigint NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    next_at timestamptz,
    failures int NOT NULL DEFAULT 0,
    expected_end_at timestamptz,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (state NOT BETWEEN 2 AND 6 OR placed_devices IS NOT NULL),
    CHECK ((state >= 7) = (ended_at IS NOT NULL)),
    CHECK (state < 7 OR next_at IS NULL)
  );
  CREATE INDEX job_of_project ON job (tenant_id, project_id, created_at DESC, id DESC);
  CREATE INDEX job_queue ON job (accelerator_class, created_at, tenant_id, id) WHERE state = 1;
  CREATE INDEX job_holding ON job (accelerator_class) WHERE state BETWEEN 2 AND 6;
  CREATE INDEX job_due ON job (next_at) WHERE state BETWEEN 2 AND 6;

  CREATE TABLE decision (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    job_id uuid NOT NULL,
    decision jsonb NOT NULL,
    inputs jsonb NOT NULL,
    decided_at timestamptz NOT NULL
  );
  CREATE INDEX decision_of_job ON decision (tenant_id, job_id, decided_at DESC, id DESC);

  CREATE TABLE file (
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, project_id, sha256)
  );
`;

/** The service deletes nothing. Decisions and files are only ever added. */
const GRANTS = `
  GRANT SELECT, INSERT, UPDATE ON site, cluster, pool, node, slot, occupancy, job TO kontor_compute;
  GRANT SELECT, INSERT ON decision, file TO kontor_compute;
`;
