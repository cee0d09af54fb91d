import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ChargeRecord_Cause as Cause, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import pg from 'pg';
import { found, grantCredits, memberOf, programme, proposal } from '../testing/awards.ts';
import { CLASS, quotaUnderTest } from '../testing/quota-under-test.ts';

const LATER_MS = 60_000;

describe('what waits for an account', () => {
  it.each<[string, (quota: Quota) => Promise<unknown>]>([
    [
      'the end of a job',
      ({ compute, project, jobId: id }) => compute.post({ project, id, usedDeviceMs: 9n, cause: Cause.USER }),
    ],
    ['a grant', (quota) => grantCredits(quota, quota.project, 7n)],
    ['an award', ({ project, ...quota }) => quota.for(memberOf(project)).programmes.submitProposal(proposal(project))],
    ['a return', ({ handBack }) => handBack()],
  ])('is dated after it: %s', async (_, act) => {
    await using quota = await setup();
    const before = quota.clock.now();
    await quota.whileLocked(() => act(quota));
    const moved = (await quota.transfers()).filter(({ createdAt }) => createdAt && timestampDate(createdAt) >= before);
    expect(moved.length).toBeGreaterThan(0);
    const dates = moved.map(({ createdAt }) => createdAt && timestampDate(createdAt).getTime());
    expect(new Set(dates)).toEqual(new Set([before.getTime() + LATER_MS]));
  });

  it('has the rate that is in force when it gets it', async () => {
    await using quota = await setup(false);
    const validFrom = timestampFromDate(new Date(quota.clock.now().getTime() + LATER_MS));
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 5n, validFrom });
    const reserved = await quota.whileLocked(() => quota.compute.reserve(quota.terms()));
    expect(reserved.ucrPerDeviceHour).toBe(5n);
  });
});

describe('a job of a class that is seen for the first time', () => {
  it('needs one connection, and no second one while it keeps accounts locked', async () => {
    await using quota = await quotaUnderTest();
    await using narrow = await quota.replica(1);
    expect((await narrow.compute.reserve(quota.terms())).slots).toBe(1);
  });
});

type Quota = Awaited<ReturnType<typeof setup>>;

/** A project with a job, and, where it is founded, an operator with a programme. */
async function setup(isFounded = true) {
  const quota = await quotaUnderTest();
  if (isFounded) await found(quota, [programme()]);
  const { id: jobId } = await quota.compute.reserve(quota.terms());
  quota.clock.advance(1_000);
  const { id: ownId } = await quota.credits();
  const { accounts } = await quota.gateway.listAccounts({});
  const treasuryId = accounts.find(({ purpose, asset }) => purpose === 2 && asset === 'CR:demo')?.id ?? '';
  return {
    ...quota,
    jobId,
    handBack: () =>
      quota.gateway.createTransfer({
        id: uuid7(),
        debitAccountId: ownId,
        creditAccountId: treasuryId,
        amount: 1n,
        reason: Reason.RETURN,
      }),
    transfers: async () =>
      (await Promise.all(accounts.map(({ id }) => quota.gateway.listTransfers({ accountId: id })))).flatMap(
        ({ transfers }) => transfers,
      ),
    /** Begins while somebody else has every account locked, who lets go after time has passed. */
    async whileLocked<T>(begin: () => Promise<T>): Promise<T> {
      const client = new pg.Client({ connectionString: quota.database.ownerUrl, options: '-c kontor.all=on' });
      await client.connect();
      await client.query('BEGIN');
      await client.query('SELECT FROM account FOR UPDATE');
      const begun = begin();
      await sleep(500);
      quota.clock.advance(LATER_MS);
      await client.query('COMMIT');
      await client.end();
      return begun;
    },
  };
}
