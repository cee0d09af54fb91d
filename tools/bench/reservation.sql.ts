/**
 * One reservation as plain SQL, one at a time: for pgbench. The statements are those of the ledger (apps/quota/src,
 * read-snapshot.ts and write-effects.ts) with one row in place of arrays: lock the four accounts, read the rate, look
 * for the reservation, write it with its legs, hold the amounts, write the journal. An award pays 40 %.
 *
 * `bench_project` holds each project's ids and assets by number, so that a random one can be named; pgbench would take
 * the colon in an asset's name for a variable.
 */
export const reservationSql = (projects: number): string => `
\\set n random(1, ${projects})
\\set r random(1, 140737488355327)
BEGIN;
SELECT DISTINCT ON (accelerator_class) accelerator_class, ucr_per_device_hour FROM rate
  WHERE accelerator_class = 'cpu.x86_64' AND valid_from <= now() ORDER BY accelerator_class, valid_from DESC;
SELECT id, purpose, asset, balance, held, floor, tenant_id, project_id, subsidy_ppm, ends_at FROM account
  WHERE id = ANY ((SELECT account_ids FROM bench_project WHERE n = :n)::uuid[]) ORDER BY id FOR NO KEY UPDATE;
SELECT tenant_id, id, project_id, state, accelerator_class, slots, ucr_per_device_hour,
    reserved_cover_device_ms, timeout_ms, used_device_ms, cover_device_ms, late_device_ms, waived_device_ms, cause,
    created_at, expires_at, award_id, subsidy_ppm
  FROM reservation WHERE tenant_id = (SELECT tenant_id FROM bench_project WHERE n = :n)
    AND id = ('00000000-0000-7000-8000-' || lpad(to_hex(:r::bigint), 12, '0'))::uuid;
INSERT INTO reservation (tenant_id, id, project_id, state, accelerator_class, slots, ucr_per_device_hour,
    reserved_cover_device_ms, timeout_ms, used_device_ms, cover_device_ms, late_device_ms, waived_device_ms, cause,
    created_at, expires_at, award_id, subsidy_ppm)
  SELECT tenant_id, ('00000000-0000-7000-8000-' || lpad(to_hex(:r::bigint), 12, '0'))::uuid, project_id, 1,
    'cpu.x86_64', 1, 3600000, 60000, 3600000, 0, 60000, 0, 0, 0, now(), now() + interval '1 hour',
    account_ids[1], 400000
    FROM bench_project WHERE n = :n;
INSERT INTO leg (tenant_id, reservation_id, n, asset, debit_account_id, credit_account_id, held, posted)
  SELECT tenant_id, ('00000000-0000-7000-8000-' || lpad(to_hex(:r::bigint), 12, '0'))::uuid, leg.n, assets[leg.n + 1],
    account_ids[leg.n + 1], account_ids[leg.n + 1], leg.held, 0
  FROM bench_project, (VALUES (0, 24000), (1, 36000), (2, 60000), (3, 1)) AS leg (n, held) WHERE bench_project.n = :n;
UPDATE account SET held = held + new.amount
  FROM (SELECT unnest(account_ids) AS id, unnest(ARRAY[24000, 36000, 60000, 1]) AS amount
    FROM bench_project WHERE n = :n) AS new
  WHERE account.id = new.id;
INSERT INTO journal (at, actor, action, subject, tenant_id, before, after)
  SELECT now(), 'compute', 'reservation.reserve', '00000000-0000-7000-8000-' || lpad(to_hex(:r::bigint), 12, '0'),
    tenant_id, NULL, jsonb_build_object('projectId', project_id, 'acceleratorClass', 'cpu.x86_64', 'slots', 1,
      'ucrPerDeviceHour', '3600000', 'awardId', account_ids[1], 'subsidyPpm', 400000,
      'state', 1, 'usedDeviceMs', '0', 'coverDeviceMs', '60000', 'lateDeviceMs', '0', 'waivedDeviceMs', '0', 'cause', 0,
      'expiresAt', now() + interval '1 hour') FROM bench_project WHERE n = :n;
COMMIT;
`;
