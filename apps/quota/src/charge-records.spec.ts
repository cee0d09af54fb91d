import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { costUcr } from '@kontor/ledger/cost';
import { CLASS, codeOf, expectBalanced, quotaUnderTest } from '../testing/quota-under-test.ts';

const RATE = 1_234_567n;

describe('charge records', () => {
  it('can be redone by anyone, however often use was posted in between', async () => {
    await using quota = await setup();
    const { project, compute } = quota;
    const named = { project, id: uuid7() };
    await compute.reserve(quota.terms(named.id, 10_000_000n));
    for (const usedDeviceMs of [1n, 777n, 1_000_001n, 3_599_999n]) {
      await compute.advance({ ...named, usedDeviceMs, coverDeviceMs: 0n, timeoutMs: 60_000n });
    }
    quota.clock.advance(5_000);
    const charge = await quota.end(named.id, 7_654_321n, Cause.LIMIT);

    const cost = costUcr(7_654_321n, RATE);
    const account = await quota.credits();
    expect(charge).toMatchObject({
      reservationId: named.id,
      acceleratorClass: CLASS,
      deviceMs: 7_654_321n,
      lateDeviceMs: 0n,
      waivedDeviceMs: 0n,
      ucrPerDeviceHour: RATE,
      costUcr: cost,
      cause: Cause.LIMIT,
      payers: [{ accountId: account.id, amountUcr: cost }],
    });
    expect(account.balance).toBe(1_000_000_000n - cost);
    expect((charge.closedAt?.seconds ?? 0n) - (charge.openedAt?.seconds ?? 0n)).toBe(5n);
  });

  it.each([
    { cause: Cause.USER, charged: { deviceMs: 100n, lateDeviceMs: 30n, waivedDeviceMs: 0n } },
    { cause: Cause.BUDGET, charged: { deviceMs: 100n, lateDeviceMs: 30n, waivedDeviceMs: 0n } },
    { cause: Cause.SITE, charged: { deviceMs: 0n, lateDeviceMs: 30n, waivedDeviceMs: 100n } },
  ])('after the cause $cause say who bears what', async ({ cause, charged }) => {
    await using quota = await setup();
    const id = uuid7();
    await quota.compute.reserve(quota.terms(id, 100n));
    expect(await quota.end(id, 130n, cause)).toMatchObject(charged);
    await expectBalanced(quota.gateway);
  });

  it('are there for jobs whose reservation had expired, and not for those that were voided', async () => {
    await using quota = await setup();
    const { project, gateway } = quota;
    const [expired, voided] = [uuid7(), uuid7()];
    await quota.compute.reserve(quota.terms(expired, 100n));
    await quota.compute.reserve(quota.terms(voided, 100n));
    await quota.compute.void({ project, id: voided });
    quota.clock.advance(60_000);
    await quota.sweep();
    expect(await quota.end(expired, 90n, Cause.USER)).toMatchObject({ deviceMs: 0n, lateDeviceMs: 90n });
    expect(await codeOf(gateway.getChargeRecord({ project, reservationId: voided }))).toBe('charge_record_not_found');
  });

  it('are found by their own project alone', async () => {
    await using quota = await setup();
    const { gateway } = quota;
    const id = uuid7();
    await quota.compute.reserve(quota.terms(id, 100n));
    await quota.end(id, 90n, Cause.USER);
    const stranger = { ...quota.project, projectId: uuid7() };
    const read = gateway.getChargeRecord({ project: stranger, reservationId: id });
    expect(await codeOf(read)).toBe('charge_record_not_found');
    expect(await codeOf(gateway.getReservation({ project: stranger, id }))).toBe('reservation_not_found');
    expect((await gateway.listChargeRecords({ project: stranger })).chargeRecords).toEqual([]);
  });

  it('are listed newest first, page by page, also where many closed at one instant', async () => {
    await using quota = await setup();
    const { project, gateway } = quota;
    for (let n = 0n; n < 7n; n++) {
      const id = uuid7();
      await quota.compute.reserve(quota.terms(id, 100n));
      await quota.end(id, n, Cause.USER);
      if (n < 3n) quota.clock.advance(1_000);
    }
    const seen: bigint[] = [];
    let pageToken = '';
    do {
      const { chargeRecords, page } = await gateway.listChargeRecords({ project, page: { pageSize: 2, pageToken } });
      seen.push(...chargeRecords.map(({ deviceMs }) => deviceMs));
      pageToken = page?.nextPageToken ?? '';
    } while (pageToken !== '');
    expect(seen).toEqual([6n, 5n, 4n, 3n, 2n, 1n, 0n]);
    const wrong = gateway.listChargeRecords({ project, page: { pageToken: '~' } });
    expect(await codeOf(wrong)).toBe('page_token_invalid');
  });

  async function setup() {
    const quota = await quotaUnderTest({ rate: RATE });
    const { project, compute, gateway } = quota;
    return {
      ...quota,
      async end(id: string, usedDeviceMs: bigint, cause: Cause) {
        await compute.post({ project, id, usedDeviceMs, cause });
        return gateway.getChargeRecord({ project, reservationId: id });
      },
    };
  }
});
