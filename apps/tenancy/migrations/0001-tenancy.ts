import { journalTableSql } from '@kontor/kit/journal';
import { countMutationsSql } from '@kontor/kit/journal-mutations';
import { journalSealTableSql } from '@kontor/kit/journal-seal';
import { SCOPE_PERSON, tenantRowsSql } from '@kontor/kit/tenant-scope';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who belongs where. What must never be, such as two owners of a project, the tables cannot hold. */
export class Tenancy1763769600001 implements MigrationInterface {
  readonly name = 'Tenancy1763769600001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PEOPLE);
    await runner.query(TENANTS);
    await runner.query(PROJECTS);
    await runner.query(SECRETS);
    await runner.query(journalTableSql('kontor_tenancy'));
    await runner.query(journalSealTableSql('kontor_tenancy'));
    await runner.query(countMutationsSql('person', ['name', 'email', 'is_email_verified']));
    await runner.query(countMutationsSql('tenant', ['parent_id', 'display_name', 'state']));
    await runner.query(countMutationsSql('project', ['display_name', 'state', 'owner_id']));
    for (const table of OF_TENANTS) await runner.query(tenantRowsSql(table));
    await runner.query(tenantRowsSql('tenant', 'id'));
    await runner.query(OF_PEOPLE);
    await runner.query(CALLERS);
    await runner.query(GRANTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION person_in_scope, token_in_scope, scope_asked;
      DROP AGGREGATE journal_chain(bytea);
      DROP FUNCTION journal_link, journal_text;
      DROP TABLE journal_seal, journal, project_token, invitation, project_member, project, tenant_admin, tenant,
        erased_person, person CASCADE;
      DROP FUNCTION tenants_they_run, tenants_they_work_in, projects_they_work_in;
      DROP FUNCTION count_mutations_of_person, count_mutations_of_tenant, count_mutations_of_project;
    `);
  }
}

const OF_TENANTS = ['tenant_admin', 'project', 'project_member', 'invitation', 'project_token', 'journal'];

/** The only place with names. A person who is erased leaves the reference by which journals name them. */
const PEOPLE = `
  CREATE TABLE person (
    id uuid PRIMARY KEY,
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    is_email_verified boolean NOT NULL,
    salt bytea NOT NULL CHECK (length(salt) = 16),
    reference text NOT NULL UNIQUE,
    first_seen_at timestamptz NOT NULL,
    mutations bigint NOT NULL DEFAULT 1,
    CONSTRAINT person_is_known_once UNIQUE (issuer, subject)
  );
  CREATE TABLE erased_person (
    reference text PRIMARY KEY,
    erased_at timestamptz NOT NULL,
    projects_owned int NOT NULL CHECK (projects_owned >= 0),
    mutations bigint NOT NULL
  );
`;

/** A tenant's path leads from the top to itself, so that one look finds all that are above it. States: 1 active. */
const TENANTS = `
  CREATE TABLE tenant (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES tenant,
    path uuid[] NOT NULL,
    slug text NOT NULL,
    display_name text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 2),
    resource_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    mutations bigint NOT NULL DEFAULT 1,
    CONSTRAINT tenant_slug_is_unique_under_parent UNIQUE NULLS NOT DISTINCT (parent_id, slug),
    CONSTRAINT tenant_path_leads_through_parent CHECK (
      path[cardinality(path)] = id AND path[cardinality(path) - 1] IS NOT DISTINCT FROM parent_id
    ),
    CONSTRAINT tenant_is_not_under_itself CHECK (id <> ALL (path[:cardinality(path) - 1])),
    CONSTRAINT tenant_is_not_too_deep CHECK (cardinality(path) <= 8)
  );
  CREATE INDEX tenant_by_slug ON tenant (slug, id);
  CREATE TABLE tenant_admin (
    tenant_id uuid NOT NULL REFERENCES tenant,
    person_id uuid NOT NULL REFERENCES person,
    since timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
  );
  CREATE INDEX tenant_admin_by_person ON tenant_admin (person_id, tenant_id);
`;

/** The owner is the member whom the project names; roles of members are those of the contract: 3 member, 4 viewer. */
const PROJECTS = `
  CREATE TABLE project (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant,
    slug text NOT NULL,
    display_name text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 2),
    owner_id uuid,
    resource_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    mutations bigint NOT NULL DEFAULT 1,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, slug)
  );
  CREATE TABLE project_member (
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES person,
    role smallint NOT NULL CHECK (role BETWEEN 3 AND 4),
    since timestamptz NOT NULL,
    PRIMARY KEY (project_id, person_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
  );
  CREATE INDEX project_member_by_person ON project_member (person_id, tenant_id);
  ALTER TABLE project ADD CONSTRAINT project_owner_is_a_member
    FOREIGN KEY (id, owner_id) REFERENCES project_member (project_id, person_id);
`;

/** Of a secret only its digest is kept, of an invitation that is over no address. */
const SECRETS = `
  CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant,
    project_id uuid,
    role smallint NOT NULL CHECK (role BETWEEN 1 AND 4),
    email text,
    email_key text,
    secret_sha256 bytea NOT NULL UNIQUE,
    invited_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES person ON DELETE SET NULL,
    revoked_at timestamptz,
    forgotten_at timestamptz,
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    CONSTRAINT invitation_to_run_a_tenant_names_no_project CHECK ((role = 1) = (project_id IS NULL)),
    CONSTRAINT invitation_ends_once_and_has_no_address_then CHECK (
      num_nonnulls(accepted_at, revoked_at, forgotten_at, email) = 1 AND (email IS NULL) = (email_key IS NULL)
    )
  );
  CREATE INDEX invitation_open ON invitation (tenant_id, project_id) WHERE email IS NOT NULL;
  CREATE INDEX invitation_by_email ON invitation (email_key) WHERE email IS NOT NULL;
  CREATE INDEX invitation_by_acceptor ON invitation (accepted_by);
  CREATE TABLE project_token (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    role smallint NOT NULL CHECK (role BETWEEN 3 AND 4),
    secret_sha256 bytea NOT NULL UNIQUE,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id)
  );
  CREATE INDEX project_token_by_project ON project_token (tenant_id, project_id, created_at, id);
`;

/**
 * In a person's scope: their memberships, the projects these are of, and the tenants they belong to or run. What takes
 * a look elsewhere is asked once for each statement, in functions: statements in other scopes do not pay for it.
 */
const OF_PEOPLE = `
  CREATE FUNCTION tenants_they_run() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(tenant_id) FROM tenant_admin WHERE person_id = ${SCOPE_PERSON}
  $$;
  CREATE FUNCTION tenants_they_work_in() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(tenant_id) FROM project_member WHERE person_id = ${SCOPE_PERSON}
  $$;
  CREATE FUNCTION projects_they_work_in() RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(project_id) FROM project_member WHERE person_id = ${SCOPE_PERSON}
  $$;
  CREATE POLICY by_person ON tenant_admin FOR SELECT USING (person_id = ${SCOPE_PERSON});
  CREATE POLICY by_person ON project_member FOR SELECT USING (person_id = ${SCOPE_PERSON});
  CREATE POLICY by_person ON project FOR SELECT USING (id = ANY ((SELECT projects_they_work_in())::uuid[]));
  CREATE POLICY by_person ON tenant FOR SELECT USING (
    path && (SELECT tenants_they_run()) OR id = ANY ((SELECT tenants_they_work_in())::uuid[])
  );
`;

/**
 * Who calls, and all that decides what they may, in one statement: it is asked on the way of every request. Before that
 * is known no tenant is, so inside these two functions, and not a statement longer, the scope is that of all. They are
 * planned once for each connection, when tables may be small, so no plan is offered that does not find rows by key.
 */
const CALLERS = `
  CREATE FUNCTION scope_asked(of_tenant uuid, of_project uuid) RETURNS TABLE (
    tenant_id uuid, project_id uuid, path uuid[], owner_id uuid, tenant_suspended boolean, project_suspended boolean
  ) LANGUAGE sql STABLE AS $$
    SELECT t.id, p.id, t.path, p.owner_id,
           EXISTS (SELECT FROM tenant above WHERE above.id = ANY (t.path) AND above.state = 2), p.state = 2
      FROM (SELECT) one LEFT JOIN project p ON p.id = of_project
      JOIN tenant t ON t.id = CASE WHEN of_project IS NULL THEN of_tenant ELSE p.tenant_id END
     WHERE of_tenant IS NULL OR t.id = of_tenant
  $$;

  CREATE FUNCTION person_in_scope(of_issuer text, of_subject text, of_tenant uuid, of_project uuid) RETURNS TABLE (
    id uuid, reference text, name text, email text, "isEmailVerified" boolean,
    "tenantId" uuid, "projectId" uuid, "isTenantSuspended" boolean, "isProjectSuspended" boolean,
    "runsTenant" boolean, "isInTenant" boolean, "projectRole" smallint
  ) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  DECLARE
    before text := current_setting('kontor.all', true);
  BEGIN
    PERFORM set_config('kontor.all', 'on', true);
    RETURN QUERY SELECT who.id, who.reference, who.name, who.email, who.is_email_verified,
           s.tenant_id, s.project_id, coalesce(s.tenant_suspended, false), coalesce(s.project_suspended, false),
           coalesce((SELECT true FROM tenant_admin a
                      WHERE a.person_id = who.id AND a.tenant_id = ANY (s.path) LIMIT 1), false),
           coalesce((SELECT true FROM project_member m
                      WHERE m.person_id = who.id AND m.tenant_id = s.tenant_id LIMIT 1), false),
           CASE WHEN s.owner_id = who.id THEN 2::smallint ELSE (SELECT m.role FROM project_member m
                      WHERE m.person_id = who.id AND m.project_id = s.project_id) END
      FROM (SELECT) one
      LEFT JOIN person who ON who.issuer = of_issuer AND who.subject = of_subject
      LEFT JOIN scope_asked(of_tenant, of_project) s ON true;
    PERFORM set_config('kontor.all', coalesce(before, ''), true);
  END $$;

  CREATE FUNCTION token_in_scope(of_secret_sha256 bytea, of_tenant uuid, of_project uuid) RETURNS TABLE (
    id uuid, role smallint, "ofProjectId" uuid, "expiresAt" timestamptz, "revokedAt" timestamptz,
    "tenantId" uuid, "projectId" uuid, "isTenantSuspended" boolean, "isProjectSuspended" boolean
  ) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  DECLARE
    before text := current_setting('kontor.all', true);
  BEGIN
    PERFORM set_config('kontor.all', 'on', true);
    RETURN QUERY SELECT k.id, k.role, k.project_id, k.expires_at, k.revoked_at,
           s.tenant_id, s.project_id, coalesce(s.tenant_suspended, false), coalesce(s.project_suspended, false)
      FROM project_token k LEFT JOIN scope_asked(of_tenant, of_project) s ON true
     WHERE k.secret_sha256 = of_secret_sha256;
    PERFORM set_config('kontor.all', coalesce(before, ''), true);
  END $$;
`;

/** Slugs, ids and who made what never change; nothing but memberships and people is deleted. */
const GRANTS = `
  GRANT SELECT, INSERT, DELETE, UPDATE (name, email, is_email_verified) ON person TO kontor_tenancy;
  GRANT SELECT, INSERT ON erased_person TO kontor_tenancy;
  GRANT SELECT, INSERT, UPDATE (parent_id, path, display_name, state, resource_version) ON tenant TO kontor_tenancy;
  GRANT SELECT, INSERT, DELETE ON tenant_admin TO kontor_tenancy;
  GRANT SELECT, INSERT, UPDATE (display_name, state, owner_id, resource_version) ON project TO kontor_tenancy;
  GRANT SELECT, INSERT, DELETE, UPDATE (role) ON project_member TO kontor_tenancy;
  GRANT SELECT, INSERT, UPDATE (email, email_key, accepted_at, accepted_by, revoked_at, forgotten_at)
    ON invitation TO kontor_tenancy;
  GRANT SELECT, INSERT, UPDATE (revoked_at) ON project_token TO kontor_tenancy;
  REVOKE ALL ON FUNCTION person_in_scope, token_in_scope FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION person_in_scope, token_in_scope TO kontor_tenancy;
`;
