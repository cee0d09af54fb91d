/** How much a country leaves behind in two years. */
export const [CHARGES, AWARDS, PROJECTS, TENANTS, PROGRAMMES] = [10_000_000, 100_000, 5_000, 200, 20];

/** An award is used for some four months: so many are at once, and after so many charges the next takes its turn. */
const AWARDS_AT_ONCE = Math.ceil(AWARDS / 6);
const CHARGES_TO_NEXT = CHARGES / (AWARDS - AWARDS_AT_ONCE);
const [PROJECT_UCR, AWARD_UCR] = [1e15, 1e12];
const SINCE = `timestamptz '2024-11-01Z'`;
const SECONDS_BETWEEN = (730 * 86_400) / CHARGES;

/** Who there is, by number, so that charges can name them. A project has its awards from three programmes. */
export const PEOPLED = `
  CREATE TABLE bench_project AS
    SELECT n, md5('project ' || n)::uuid AS id, md5('tenant ' || n % ${TENANTS})::uuid AS tenant_id
    FROM generate_series(0, ${PROJECTS - 1}) AS project (n);
  CREATE TABLE bench_award AS
    SELECT award.n, md5('award ' || award.n)::uuid AS id, project.id AS project_id, tenant_id,
      md5('programme ' || (award.n % ${PROJECTS} + award.n / ${PROJECTS} % 3) % ${PROGRAMMES})::uuid AS programme_id,
      (ARRAY[250000, 400000, 800000, 1000000])[1 + award.n % 4] AS subsidy_ppm
    FROM generate_series(0, ${AWARDS - 1}) AS award (n) JOIN bench_project AS project
      ON project.n = award.n % ${PROJECTS};
  ANALYZE bench_project, bench_award;
  INSERT INTO programme (id, slug, terms, resource_version, created_at)
    SELECT md5('programme ' || n)::uuid, 'bench-' || n, '{}', 1, ${SINCE}
    FROM generate_series(0, ${PROGRAMMES - 1}) AS programme (n)`;

/**
 * Charges from number $1 to before $2, in the order in which their jobs ended. Four of five name an award of their
 * project; a project uses two classes.
 */
export const CHARGED = `
  INSERT INTO charge_record (tenant_id, reservation_id, project_id, accelerator_class, device_ms, late_device_ms,
      waived_device_ms, ucr_per_device_hour, cost_ucr, payers, cause, opened_at, closed_at, award_id, subsidy_ppm)
  SELECT tenant_id, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, project_id, accelerator_class,
    device_ms, 0, 0, rate, cost_ucr,
    jsonb_build_array(jsonb_build_object('accountId', coalesce(award_id, project_id), 'amountUcr', cost_ucr::text)), 1,
    closed_at - device_ms * interval '1 millisecond', closed_at, award_id, subsidy_ppm
  FROM (
    SELECT job.n, award.tenant_id, award.project_id, CASE WHEN job.n % 5 > 0 THEN award.id END AS award_id,
      CASE WHEN job.n % 5 > 0 THEN award.subsidy_ppm ELSE 0 END AS subsidy_ppm,
      1000 + job.n * 104729 % 14400000 AS device_ms, ${SINCE} + job.n * interval '${SECONDS_BETWEEN} s' AS closed_at,
      (award.n % ${PROJECTS} + job.n % 2) % 6 AS class
    FROM generate_series($1::bigint, $2::bigint - 1) AS job (n) JOIN bench_award AS award
      ON award.n = (floor(job.n / ${CHARGES_TO_NEXT})::bigint + job.n * 7919 % ${AWARDS_AT_ONCE}) % ${AWARDS}
  ) AS job JOIN (VALUES (0, 'nvidia.h100.sxm5.80g', 180000000::bigint), (1, 'nvidia.a100.sxm4.40g', 90000000),
    (2, 'nvidia.l40s.48g', 60000000), (3, 'huawei.ascend910b.64g', 70000000), (4, 'amd.mi300x.192g', 150000000),
    (5, 'cpu.x86_64', 2000000)) AS rated (class, accelerator_class, rate) USING (class),
    LATERAL (SELECT device_ms * rate / 3600000 AS cost_ucr) AS cost`;

/** Accounts that were granted their means, and paid for just those charges; together with the operator's, zero. */
export const PAID = `
  CREATE TABLE bench_payer AS
    SELECT id, tenant_id, project_id, 5 AS purpose, ${AWARD_UCR}::bigint AS granted, subsidy_ppm, paid
      FROM bench_award LEFT JOIN (
        SELECT award_id AS id, sum(award_ucr)::bigint AS paid FROM charge_sum GROUP BY 1) AS sum USING (id)
    UNION ALL
    SELECT id, tenant_id, id, 1, ${PROJECT_UCR}::bigint, NULL, paid
      FROM bench_project LEFT JOIN (
        SELECT project_id AS id, sum(cost_ucr - award_ucr)::bigint AS paid FROM charge_sum GROUP BY 1) AS sum
        USING (id);
  INSERT INTO account (id, tenant_id, project_id, purpose, asset, balance, held, floor, created_at, subsidy_ppm,
      ends_at)
    SELECT id, tenant_id, project_id, purpose, 'CR:demo', granted - coalesce(paid, 0), 0, 0, ${SINCE}, subsidy_ppm,
      CASE purpose WHEN 5 THEN ${SINCE} + interval '10 years' END FROM bench_payer
    UNION ALL SELECT md5('treasury')::uuid, NULL, NULL, 2, 'CR:demo', -sum(granted), 0, NULL, ${SINCE}, NULL, NULL
      FROM bench_payer
    UNION ALL SELECT md5('revenue')::uuid, NULL, NULL, 3, 'CR:demo', sum(paid), 0, NULL, ${SINCE}, NULL, NULL
      FROM bench_payer;
  INSERT INTO award (id, tenant_id, project_id, programme_id, proposal_id, applicant, granted_ucr, returned_ucr, limits,
      device_ms, slots, rule, reasons, decided_by, granted_at, due_at, resource_version)
    SELECT id, tenant_id, project_id, programme_id, id, 'person:bench', ${AWARD_UCR}, 0, '[]', 0, 0, '', '', '{}',
      ${SINCE}, ${SINCE} + interval '10 years', 1 FROM bench_award;
  INSERT INTO transfer (id, debit_account_id, credit_account_id, asset, amount, reason, created_at)
    SELECT md5('grant ' || id)::uuid, md5('treasury')::uuid, id, 'CR:demo', granted, 1, ${SINCE} FROM bench_payer
    UNION ALL SELECT md5('use ' || id)::uuid, id, md5('revenue')::uuid, 'CR:demo', paid, 3, ${SINCE}
      FROM bench_payer WHERE paid > 0`;
