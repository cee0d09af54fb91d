import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { costUcr } from '@kontor/ledger/cost';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { accountOf, CLASS, expectBalanced, fundedProject, startQuota } from '../testing/quota-under-test.ts';
import database from './database.ts';

const RATE = 1_234_567n;

describe('charge records', () => {
  it('can be redone by anyone: the payers paid the floor of use times rate, however often it was posted in between', async () => {
    await using quota = await setup();
    const { project } = quota;
    const id = uuid7();
    await quota.reserve(id, 10_000_000n);
    for (const usedDeviceMs of [1n, 777n, 1_000_001n, 3_599_999n]) {
      await quota.compute.advance({ project, id, usedDeviceMs, coverDeviceMs: 0n, timeoutMs: 60_000n });
    }
    quota.clock.advance(5_000);
    await quota.compute.post({ project, id, usedDeviceMs: 7_654_321n, cause: Cause.LIMIT });

    const charge = await quota.gateway.getChargeRecord({ project, reservationId: id });
    const cost = costUcr(7_654_321n, RATE);
    const account = await accountOf(quota.gateway, project, 'CR:demo');
    expect(charge).toMatchObject({
      reservationId: id, acceleratorClass: CLASS, deviceMs: 7_654_321n, lateDeviceMs: 0n, waivedDeviceMs: 0n,
      ucrPerDeviceHour: RATE, costUcr: cost, cause: Cause.LIMIT, payers: [{ accountId: account.id, amountUcr: cost }],
    });
    expect(account.balance).toBe(1_000_000_000n - cost);
    expect(Number((charge.closedAt?.seconds ?? 0n) - (charge.openedAt?.seconds ?? 0n))).toBe(5);
  });

  it.each([
    { cause: Cause.USER, charged: { deviceMs: 100n, lateDeviceMs: 30n, waivedDeviceMs: 0n } },
    { cause: Cause.BUDGET, charged: { deviceMs: 100n, lateDeviceMs: 30n, waivedDeviceMs: 0n } },
    { cause: Cause.SITE, charged: { deviceMs: 0n, lateDeviceMs: 30n, waivedDeviceMs: 100n } },
  ])('after the cause $cause say who bears what', async ({ cause, charged }) => {
    await using quota = await setup();
    const id = uuid7();
    await quota.reserve(id, 100n);
    await quota.compute.post({ project: quota.project, id, usedDeviceMs: 130n, cause });
    expect(await quota.gateway.getChargeRecord({ project: quota.project, reservationId: id })).toMatchObject(charged);
    await expectBalanced(quota.gateway);
  });

  it('are there for jobs whose reservation had expired, and not for those that were voided', async () => {
    await using quota = await setup();
    const { project } = quota;
    const [expired, voided] = [uuid7(), uuid7()];
    await quota.reserve(expired, 100n);
    await quota.reserve(voided, 100n);
    await quota.compute.void({ project, id: voided });
    quota.clock.advance(60_000);
    await quota.sweep();
    await quota.compute.post({ project, id: expired, usedDeviceMs: 90n, cause: Cause.USER });
    expect(await quota.gateway.getChargeRecord({ project, reservationId: expired })).toMatchObject({ deviceMs: 0n, lateDeviceMs: 90n });
    await expect(quota.gateway.getChargeRecord({ project, reservationId: voided })).rejects.toMatchObject({ code: 'charge_record_not_found' });
  });

  it('are found by their own project alone', async () => {
    await using quota = await setup();
    const id = uuid7();
    await quota.reserve(id, 100n);
    await quota.compute.post({ project: quota.project, id, usedDeviceMs: 90n, cause: Cause.USER });
    const stranger = { ...quota.project, projectId: uuid7() };
    await expect(quota.gateway.getChargeRecord({ project: stranger, reservationId: id })).rejects.toMatchObject({ code: 'charge_record_not_found' });
    await expect(quota.gateway.getReservation({ project: stranger, id })).rejects.toMatchObject({ code: 'reservation_not_found' });
    expect((await quota.gateway.listChargeRecords({ project: stranger })).chargeRecords).toEqual([]);
  });

  it('are listed newest first, page by page, also where many closed at one instant', async () => {
    await using quota = await setup();
    const { project } = quota;
    const ids = Array.from({ length: 7 }, () => uuid7());
    for (const [n, id] of ids.entries()) {
      await quota.reserve(id, 100n);
      await quota.compute.post({ project, id, usedDeviceMs: BigInt(n), cause: Cause.USER });
      if (n < 3) quota.clock.advance(1_000);
    }
    const seen: bigint[] = [];
    let pageToken = '';
    do {
      const { chargeRecords, page } = await quota.gateway.listChargeRecords({ project, page: { pageSize: 2, pageToken } });
      seen.push(...chargeRecords.map(({ deviceMs }) => deviceMs));
      pageToken = page?.nextPageToken ?? '';
    } while (pageToken !== '');
    expect(seen).toEqual([6n, 5n, 4n, 3n, 2n, 1n, 0n]);
    await expect(quota.gateway.listChargeRecords({ project, page: { pageToken: '~' } })).rejects.toMatchObject({ code: 'invalid_page_token' });
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const clock = new FakeClock();
    const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']), clock });
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: RATE });
    const project = await fundedProject(quota.gateway);
    return {
      ...quota, clock, project,
      reserve: (id: string, coverDeviceMs: bigint) =>
        quota.compute.reserve({ project, id, acceleratorClass: CLASS, slots: 1, coverDeviceMs, timeoutMs: 60_000n }),
      async [Symbol.asyncDispose]() {
        await quota[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
