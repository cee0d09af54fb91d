import { describe, expect, it } from '@jest/globals';
import { quotaUnderTest } from '../testing/quota-under-test.ts';
import { inTransaction } from './in-transaction.ts';

describe('work in a transaction', () => {
  it.each(['40001', '40P01'])('that others disturb (%s) is done again until they do not', async (code) => {
    await using quota = await quotaUnderTest();
    let left = 2;
    const done = await inTransaction(quota.db, async ({ client }) => {
      if (left-- > 0) await client.query(`DO $$ BEGIN RAISE 'others' USING ERRCODE = '${code}'; END $$`);
      return 'done';
    });
    expect([done, left]).toEqual(['done', -1]);
  });

  it('that others disturb each time is to be sent again, and is no fault of ours', async () => {
    await using quota = await quotaUnderTest();
    const work = inTransaction(quota.db, ({ client }) =>
      client.query(`DO $$ BEGIN RAISE 'others' USING ERRCODE = '40P01'; END $$`),
    );
    await expect(work).rejects.toMatchObject({ code: 'ledger_busy', help: expect.stringContaining('Send it again') });
  });
});
