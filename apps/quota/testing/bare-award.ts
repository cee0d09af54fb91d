import { ask } from './in-database.ts';
import type { Project } from './quota-under-test.ts';

/**
 * An award as the hot path sees it, which is an account with terms. No programme stands behind it, so it ends by its
 * date alone and nothing returns: that is for the tests of programmes.
 */
export async function bareAward(
  ownerUrl: string,
  { tenantId, projectId }: Project,
  { id, ucr, subsidyPpm, endsAt }: { id: string; ucr: bigint; subsidyPpm: number; endsAt: Date },
): Promise<void> {
  await ask(
    ownerUrl,
    `
    WITH treasury AS (UPDATE account SET balance = balance - $1 WHERE purpose = 2 AND asset = 'CR:demo')
    INSERT INTO account (id, tenant_id, project_id, purpose, asset, balance, held, floor, created_at, subsidy_ppm,
      ends_at)
    VALUES ($2, $3, $4, 5, 'CR:demo', $1, 0, 0, '2030-01-01', $5, $6)`,
    [ucr, id, tenantId, projectId, subsidyPpm, endsAt],
  );
}
