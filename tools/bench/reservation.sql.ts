/**
 * One reservation as plain SQL, one at a time: for pgbench. The statements are those that the ledger sends for a batch
 * of one (apps/quota/src, read-snapshot.ts and write-effects.ts): read the rates, lock the four accounts, then in one
 * statement write the reservation with its legs, hold the amounts and write the journal. An award pays 40 %.
 *
 * `bench_project` holds each project's ids and assets by number, so that a random one can be named; pgbench would take
 * the colon in an asset's name for a variable.
 */
export const reservationSql = (projects: number): string => `
\\set n random(1, ${projects})
BEGIN;
SELECT valid_from, ucr_per_device_hour FROM rate WHERE accelerator_class = 'cpu.x86_64' AND valid_from >= coalesce(
    (SELECT max(valid_from) FROM rate WHERE accelerator_class = 'cpu.x86_64' AND valid_from <= now()), '-infinity')
  ORDER BY valid_from;
SELECT id, balance, held, floor, subsidy_ppm, ends_at, CASE WHEN subsidy_ppm IS NOT NULL THEN tenant_id END,
    CASE WHEN subsidy_ppm IS NOT NULL THEN project_id END
  FROM account WHERE id = ANY ((SELECT account_ids FROM bench_project WHERE n = :n)::uuid[])
  ORDER BY id FOR NO KEY UPDATE;
WITH made AS MATERIALIZED (
  SELECT uuidv7() AS id, tenant_id, project_id, account_ids, assets FROM bench_project WHERE n = :n
), reserved AS (
  INSERT INTO reservation (tenant_id, id, project_id, state, accelerator_class, slots, ucr_per_device_hour,
      reserved_cover_device_ms, timeout_ms, used_device_ms, cover_device_ms, late_device_ms, waived_device_ms, cause,
      created_at, expires_at, award_id, subsidy_ppm, mutations)
    SELECT tenant_id, id, project_id, 1, 'cpu.x86_64', 1, 3600000, 60000, 3600000, 0, 60000, 0, 0, 0, now(),
      now() + interval '1 hour', account_ids[1], 400000, 1
    FROM made
), legs AS (
  INSERT INTO leg (tenant_id, reservation_id, n, asset, debit_account_id, credit_account_id, held, posted)
    SELECT tenant_id, id, leg.n, assets[leg.n + 1], account_ids[leg.n + 1], account_ids[leg.n + 1], leg.held, 0
    FROM made, (VALUES (0, 24000), (1, 36000), (2, 60000), (3, 1)) AS leg (n, held)
), held AS (
  UPDATE account SET held = held + new.amount
    FROM (SELECT unnest(account_ids) AS id, unnest(ARRAY[24000, 36000, 60000, 1]) AS amount FROM made) AS new
    WHERE account.id = new.id
), recorded AS (
  INSERT INTO journal (at, actor, action, subject, tenant_id, before, after)
    SELECT now(), 'compute', 'reservation.reserve', id::text, tenant_id, NULL, jsonb_build_object(
      'projectId', project_id, 'acceleratorClass', 'cpu.x86_64', 'slots', 1, 'ucrPerDeviceHour', '3600000',
      'awardId', account_ids[1], 'subsidyPpm', 400000, 'state', 1, 'usedDeviceMs', '0', 'coverDeviceMs', '60000',
      'lateDeviceMs', '0', 'waivedDeviceMs', '0', 'cause', 0, 'expiresAt', now() + interval '1 hour')
    FROM made
) SELECT;
COMMIT;
`;
