import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { ask } from '../testing/in-database.ts';
import { quotaUnderTest } from '../testing/quota-under-test.ts';

const FEW = 12;
const MANY = 20_000;

describe('the plans of the ledger', () => {
  it('find a reservation by its key when there are many, although they were made when there were few', async () => {
    await using ledger = await setup();
    for (let n = 0; n < FEW; n++) await ledger.reserve();
    await ledger.add(MANY);
    const before = await ledger.readInSequence({ once: FEW + MANY });
    for (let n = 0; n < FEW; n++) await ledger.reserve();
    const after = await ledger.readInSequence({ once: FEW + MANY + FEW });
    expect(after - before).toBeLessThan(MANY);
  });

  async function setup() {
    const ledger = await quotaUnderTest();
    const { ownerUrl } = ledger.database;
    return {
      reserve: () => ledger.compute.reserve(ledger.terms()),
      /** Adds copies of a reservation, as months of work would. */
      add: (count: number) =>
        ask(
          ownerUrl,
          `
        INSERT INTO reservation SELECT tenant_id, gen_random_uuid(), project_id, 2, accelerator_class, slots,
          ucr_per_device_hour, reserved_cover_device_ms, timeout_ms, used_device_ms, cover_device_ms, late_device_ms,
          waived_device_ms, cause, created_at, expires_at
        FROM (SELECT * FROM reservation LIMIT 1) AS one, generate_series(1, $1)`,
          [count],
        ),
      /** How many reservations were read one after the other, once PostgreSQL has heard of so many being written. */
      readInSequence: ({ once }: { once: number }) =>
        eventually(
          'the statistics are in',
          async () => {
            const [row] = await ask<{ read: string; written: string }>(
              ownerUrl,
              `
          SELECT seq_tup_read AS read, n_tup_ins AS written FROM pg_stat_user_tables WHERE relname = 'reservation'`,
            );
            return row && Number(row.written) >= once && Number(row.read);
          },
          { withinMs: 15_000 },
        ),
      [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
    };
  }
});
