import { describe, expect, it } from '@jest/globals';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import { personWith } from '@kontor/testing/acting-for';
import {
  accountOf,
  CLASS,
  codeOf,
  expectBalanced,
  fundedProject,
  quotaUnderTest,
} from '../testing/quota-under-test.ts';

describe('transfers', () => {
  it('move once, however often they are sent', async () => {
    await using quota = await setup();
    const grant = { ...quota.grant, amount: 30n };
    const sent = await Promise.all(Array.from({ length: 20 }, () => quota.gateway.createTransfer(grant)));
    for (const transfer of sent) expect(transfer).toEqual(sent[0]);
    expect((await quota.credits()).available).toBe(130n);
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
    const changed = { ...grant, ...(typeof other === 'string' ? { [other]: stranger.id } : other) };
    expect(await codeOf(quota.gateway.createTransfer(changed))).toBe(`exists_with_different_${field}`);
    expect((await quota.credits()).available).toBe(130n);
  });

  it('return what a project has and nothing that is set aside', async () => {
    await using quota = await setup();
    await quota.compute.reserve(quota.terms(uuid7(), 60n));
    const { debitAccountId: treasury, creditAccountId: project } = quota.grant;
    const back = { id: uuid7(), debitAccountId: project, creditAccountId: treasury, reason: Reason.RETURN };
    await expect(quota.gateway.createTransfer({ ...back, amount: 41n })).rejects.toMatchObject({
      code: 'insufficient_credits',
      detail: '41 µcr of CR:demo are needed and 40 µcr are left.',
    });
    await quota.gateway.createTransfer({ ...back, amount: 40n });
    expect((await quota.credits()).available).toBe(0n);
  });

  it.each(['REVENUE', 'LATE_USAGE'] as const)('leave an account with purpose %s at zero or above', async (name) => {
    await using quota = await setup();
    await quota.compute.reserve(quota.terms());
    const { accounts } = await quota.gateway.listAccounts({});
    const account = accounts.find((each) => each.purpose === Purpose[name] && each.asset === 'CR:demo');
    const request = { ...quota.grant, debitAccountId: account?.id ?? '', amount: 1n };
    expect(await codeOf(quota.gateway.createTransfer(request))).toBe('insufficient_credits');
  });

  it('need two accounts that exist, differ and hold the same asset, and a reason that is theirs', async () => {
    await using quota = await setup();
    const slots = await accountOf(quota.gateway, quota.project, `SLOTS:${CLASS}`);
    const attempt = (changed: object) =>
      codeOf(quota.gateway.createTransfer({ ...quota.grant, amount: 1n, ...changed }));
    expect(await attempt({ creditAccountId: uuid7() })).toBe('account_not_found');
    expect(await attempt({ creditAccountId: quota.grant.debitAccountId })).toBe('same_account');
    expect(await attempt({ creditAccountId: slots.id })).toBe('different_assets');
    expect(await attempt({ reason: Reason.USAGE })).toBe('invalid_request');
    expect(await attempt({ amount: 0n })).toBe('invalid_request');
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
    const oldest = all.slice(6).map(({ reason, amount, reservationId }) => [Reason[reason], amount, reservationId]);
    expect(oldest).toEqual([
      ['REFUND', 5n, named.id],
      ['USAGE', 5n, named.id],
      ['GRANT', 100n, ''],
    ]);
    expect((await quota.pages(500)).flat()).toEqual(all);
  });

  it.each(['x', 'AAAA', '2030-13-45T00:00:00.000Z 00000000-0000-7000-8000-000000000000'])(
    'refuse the page token %s',
    async (text) => {
      await using quota = await setup();
      for (const pageToken of [text, Buffer.from(text).toString('base64url')]) {
        const request = { accountId: quota.grant.creditAccountId, page: { pageToken } };
        expect(await codeOf(quota.gateway.listTransfers(request))).toBe('page_token_invalid');
      }
    },
  );

  it('of a project are shown to its people, and of whatever account to operator staff and auditors', async () => {
    await using quota = await setup();
    const {
      project,
      grant: { creditAccountId, debitAccountId },
    } = quota;
    const other = await fundedProject(quota.gateway);
    const { id: theirs } = await accountOf(quota.gateway, other, 'CR:demo');
    const viewer = quota.for(personWith([Role.PROJECT_VIEWER], { scope: project })).quota;
    const { transfers } = await viewer.listTransfers({ project, accountId: creditAccountId });
    expect(transfers.map(({ amount }) => amount)).toEqual([100n]);

    for (const accountId of [theirs, debitAccountId, uuid7()]) {
      expect(await codeOf(viewer.listTransfers({ project, accountId }))).toBe('account_not_found');
      expect(await codeOf(quota.gateway.listTransfers({ project, accountId }))).toBe('account_not_found');
    }
    const beside = { tenantId: project.tenantId, projectId: uuid7() };
    for (const place of [other, beside]) {
      expect(await codeOf(viewer.listTransfers({ project: place, accountId: theirs }))).toBe('project_not_found');
    }
    expect(await codeOf(viewer.listTransfers({ accountId: creditAccountId }))).toBe('not_allowed');
    const nobody = quota.for(personWith()).quota;
    expect(await codeOf(nobody.listTransfers({ project, accountId: creditAccountId }))).toBe('project_not_found');
    for (const role of [Role.OPERATOR_STAFF, Role.AUDITOR]) {
      const { quota: office } = quota.for(personWith([role]));
      for (const accountId of [creditAccountId, theirs, debitAccountId]) {
        expect((await office.listTransfers({ accountId })).transfers.length).toBeGreaterThan(0);
      }
      expect((await office.listTransfers({ project, accountId: creditAccountId })).transfers).toEqual(transfers);
      expect(await codeOf(office.listTransfers({ accountId: uuid7() }))).toBe('account_not_found');
    }
  });

  it("of one account are no pages of another's", async () => {
    await using quota = await setup();
    const {
      project,
      grant: { creditAccountId, debitAccountId },
    } = quota;
    await quota.gateway.createTransfer({ ...quota.grant, amount: 1n });
    const { page } = await quota.gateway.listTransfers({ accountId: creditAccountId, page: { pageSize: 1 } });
    const others = [{ accountId: debitAccountId }, { accountId: creditAccountId, project }];
    for (const other of others) {
      const request = { ...other, page: { pageToken: page?.nextPageToken ?? '' } };
      expect(await codeOf(quota.gateway.listTransfers(request))).toBe('page_token_invalid');
    }
  });

  async function setup() {
    const quota = await quotaUnderTest({ credits: 100n });
    quota.clock.advance(1_000);
    const { gateway } = quota;
    const { id: debitAccountId } = await gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    const { id: creditAccountId } = await quota.credits();
    return {
      ...quota,
      grant: { id: uuid7(), debitAccountId, creditAccountId, reason: Reason.GRANT },
      async pages(pageSize: number) {
        const pages = [];
        for (let pageToken = ''; ;) {
          const { transfers, page } = await gateway.listTransfers({
            accountId: creditAccountId,
            page: { pageSize, pageToken },
          });
          pages.push(transfers);
          pageToken = page?.nextPageToken ?? '';
          if (pageToken === '') return pages;
        }
      },
    };
  }
});
