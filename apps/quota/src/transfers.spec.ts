import { describe, expect, it } from '@jest/globals';
import {
  Account_Purpose as Purpose, ChargeRecord_Cause as Cause, Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { accountOf, CLASS, expectBalanced, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

describe('transfers', () => {
  it('move once, however often they are sent', async () => {
    await using quota = await setup();
    const grant = { ...quota.grant, amount: 30n };
    const sent = await Promise.all(Array.from({ length: 20 }, () => quota.gateway.createTransfer(grant)));
    expect(new Set(sent.map(({ createdAt }) => String(createdAt?.seconds))).size).toBe(1);
    expect(await quota.left()).toBe(130n);
    await expectBalanced(quota.gateway);
  });

  it.each([
    { field: 'amount', other: { amount: 31n } },
    { field: 'reason', other: { reason: Reason.RETURN } },
    { field: 'credit_account_id', other: 'creditAccountId' as const },
    { field: 'debit_account_id', other: 'debitAccountId' as const },
  ])('sent again with another $field are refused', async ({ field, other }) => {
    await using quota = await setup();
    const grant = { ...quota.grant, amount: 30n };
    await quota.gateway.createTransfer(grant);
    const stranger = await accountOf(quota.gateway, await fundedProject(quota.gateway), 'CR:demo');
    const changed = typeof other === 'string' ? { [other]: stranger.id } : other;
    await expect(quota.gateway.createTransfer({ ...grant, ...changed })).rejects.toMatchObject({ code: `exists_with_different_${field}` });
    expect(await quota.left()).toBe(130n);
  });

  it('return what a project has and nothing that is set aside', async () => {
    await using quota = await setup();
    await quota.compute.reserve(quota.terms(uuid7(), 60n));
    const { debitAccountId, creditAccountId } = quota.grant;
    const back = { id: uuid7(), debitAccountId: creditAccountId, creditAccountId: debitAccountId, reason: Reason.RETURN };
    await expect(quota.gateway.createTransfer({ ...back, amount: 41n })).rejects.toMatchObject({
      code: 'insufficient_credits', detail: '41 µcr of CR:demo are needed and 40 µcr are left.',
    });
    await quota.gateway.createTransfer({ ...back, amount: 40n });
    expect(await quota.left()).toBe(0n);
  });

  it('leave only the treasury below zero', async () => {
    await using quota = await setup();
    await quota.compute.reserve(quota.terms(uuid7(), 1n));
    const { accounts } = await quota.gateway.listAccounts({});
    for (const purpose of [Purpose.REVENUE, Purpose.LATE_USAGE]) {
      const debitAccountId = accounts.find((account) => account.purpose === purpose && account.asset === 'CR:demo')?.id ?? '';
      await expect(quota.gateway.createTransfer({ ...quota.grant, debitAccountId, amount: 1n }))
        .rejects.toMatchObject({ code: 'insufficient_credits' });
    }
  });

  it('need two accounts that exist, differ and hold the same asset', async () => {
    await using quota = await setup();
    const { debitAccountId } = quota.grant;
    const slots = await accountOf(quota.gateway, quota.project, `SLOTS:${CLASS}`);
    const attempt = (creditAccountId: string) => quota.gateway.createTransfer({ ...quota.grant, creditAccountId, amount: 1n });
    await expect(attempt(uuid7())).rejects.toMatchObject({ code: 'account_not_found' });
    await expect(attempt(debitAccountId)).rejects.toMatchObject({ code: 'same_account' });
    await expect(attempt(slots.id)).rejects.toMatchObject({ code: 'different_assets' });
    await expect(quota.gateway.createTransfer({ ...quota.grant, amount: 1n, reason: Reason.USAGE })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('of an account are listed newest first, page by page, those of its reservations among them', async () => {
    await using quota = await setup();
    const named = { project: quota.project, id: uuid7() };
    await quota.compute.reserve(quota.terms(named.id, 20n));
    quota.clock.advance(1_000);
    await quota.compute.advance({ ...named, usedDeviceMs: 5n, coverDeviceMs: 0n, timeoutMs: 60_000n });
    quota.clock.advance(1_000);
    await quota.compute.post({ ...named, usedDeviceMs: 30n, cause: Cause.SITE });
    quota.clock.advance(1_000);
    for (let n = 1n; n <= 6n; n++) await quota.gateway.createTransfer({ ...quota.grant, id: uuid7(), amount: n });

    const pages = await quota.pages(3);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 3]);
    const all = pages.flat();
    expect(new Set(all.map(({ id }) => id)).size).toBe(9);
    expect(all.slice(6).map(({ reason, amount, reservationId }) => [Reason[reason], amount, reservationId])).toEqual([
      ['REFUND', 5n, named.id], ['USAGE', 5n, named.id], ['GRANT', 100n, ''],
    ]);
    expect((await quota.pages(500)).flat()).toEqual(all);
  });

  it.each(['x', 'AAAA', Buffer.from('2030-13-45T00:00:00.000Z 00000000-0000-7000-8000-000000000000').toString('base64url')])(
    'refuse the page token %s', async (pageToken) => {
      await using quota = await setup();
      const request = { accountId: quota.grant.creditAccountId, page: { pageToken } };
      await expect(quota.gateway.listTransfers(request)).rejects.toMatchObject({ code: 'invalid_page_token' });
    });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const clock = new FakeClock();
    const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']), clock });
    const { gateway } = quota;
    await gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    const project = await fundedProject(gateway, { credits: 100n });
    clock.advance(1_000);
    const { id: debitAccountId } = await gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    const { id: creditAccountId } = await accountOf(gateway, project, 'CR:demo');
    return {
      ...quota, clock, project, grant: { id: uuid7(), debitAccountId, creditAccountId, reason: Reason.GRANT },
      terms: (id: string, coverDeviceMs: bigint) => ({ project, id, acceleratorClass: CLASS, slots: 1, coverDeviceMs, timeoutMs: 60_000n }),
      left: async () => (await accountOf(gateway, project, 'CR:demo')).available,
      async pages(pageSize: number) {
        const pages = [];
        for (let pageToken = ''; ;) {
          const { transfers, page } = await gateway.listTransfers({ accountId: creditAccountId, page: { pageSize, pageToken } });
          pages.push(transfers);
          pageToken = page?.nextPageToken ?? '';
          if (pageToken === '') return pages;
        }
      },
      async [Symbol.asyncDispose]() {
        await quota[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
