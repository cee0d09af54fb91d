import { describe, expect, it } from '@jest/globals';
import {
  Account_Purpose as Purpose, ChargeRecord_Cause as Cause, Reservation_State as State, Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { INT64_MAX } from '@kontor/ledger/int64';
import { testDatabase } from '@kontor/testing/database';
import { testTls } from '@kontor/testing/test-tls';
import { accountOf, CLASS, expectBalanced, fund, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

const EXA = 10n ** 18n;

describe('numbers at the edge', () => {
  it.each([2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, EXA - 1n, EXA])('moves %s µcr exactly', async (amount) => {
    await using quota = await setup();
    const project = await fundedProject(quota.gateway, { credits: amount });
    expect(await accountOf(quota.gateway, project, 'CR:demo')).toMatchObject({ balance: amount, available: amount });
    const { accounts } = await quota.gateway.listAccounts({});
    expect(accounts.find(({ purpose, asset }) => purpose === Purpose.TREASURY && asset === 'CR:demo')?.balance).toBe(-amount);
  });

  it('charges almost 10^15 device-milliseconds to the last µcr', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: 'odd', ucrPerDeviceHour: 3_599_999n });
    const project = await fundedProject(quota.gateway, { credits: EXA, deviceMs: EXA }, 'odd');
    const named = { project, id: uuid7() };
    const used = 999_999_999_999_999n;
    await quota.compute.reserve({ ...named, acceleratorClass: 'odd', slots: 1, coverDeviceMs: 10n ** 15n, timeoutMs: 60_000n });
    await quota.compute.post({ ...named, usedDeviceMs: used, cause: Cause.USER });
    const { costUcr, payers } = await quota.gateway.getChargeRecord({ project, reservationId: named.id });
    expect(costUcr).toBe(used * 3_599_999n / 3_600_000n);
    expect(payers.reduce((sum, { amountUcr }) => sum + amountUcr, 0n)).toBe(costUcr);
  });

  it('refuses a cost beyond 64 bits and changes nothing, while the commands beside it pass', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: 'gold', ucrPerDeviceHour: 10n ** 15n });
    const project = await fundedProject(quota.gateway, {}, 'gold');
    await fund(quota.gateway, project);
    const reserve = (acceleratorClass: string, coverDeviceMs: bigint) => ({
      command: { case: 'reserve' as const, value: { project, id: uuid7(), acceleratorClass, slots: 1, coverDeviceMs, timeoutMs: 60_000n } },
    });
    const { results } = await quota.compute.executeBatch({
      commands: [reserve(CLASS, 5n), reserve('gold', 10n ** 15n), reserve(CLASS, 7n)],
    });
    expect(results.map(({ result }) => (result.case === 'problem' ? result.value.code : result.case)))
      .toEqual(['reservation', 'amount_overflow', 'reservation']);
    expect(await accountOf(quota.gateway, project, 'CR:demo')).toMatchObject({ held: 12n });
    expect(await accountOf(quota.gateway, project, 'SLOTS:gold')).toMatchObject({ held: 0n });
  });

  it('refuses late use whose cost is beyond 64 bits, and takes the report again when it is not', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: 'gold', ucrPerDeviceHour: 10n ** 15n });
    const project = await fundedProject(quota.gateway, { credits: EXA }, 'gold');
    const named = { project, id: uuid7() };
    await quota.compute.reserve({ ...named, acceleratorClass: 'gold', slots: 1, coverDeviceMs: 1_000n, timeoutMs: 60_000n });
    await expect(quota.compute.post({ ...named, usedDeviceMs: 10n ** 15n, cause: Cause.USER }))
      .rejects.toMatchObject({ code: 'amount_overflow' });
    expect((await quota.gateway.getReservation(named)).state).toBe(State.PENDING);
    expect((await quota.compute.post({ ...named, usedDeviceMs: 2_000n, cause: Cause.USER })).lateDeviceMs).toBe(1_000n);
    await expectBalanced(quota.gateway);
  });

  it('refuses the grant after which a balance would not fit', async () => {
    await using quota = await setup();
    const project = await fundedProject(quota.gateway, { credits: EXA });
    const { id: creditAccountId } = await accountOf(quota.gateway, project, 'CR:demo');
    const { id: debitAccountId } = await quota.gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    const grant = () => quota.gateway.createTransfer({ id: uuid7(), debitAccountId, creditAccountId, amount: EXA, reason: Reason.GRANT });
    for (let granted = 1n; granted < INT64_MAX / EXA; granted++) await grant();
    await expect(grant()).rejects.toMatchObject({ code: 'amount_overflow' });
    expect((await accountOf(quota.gateway, project, 'CR:demo')).balance).toBe(INT64_MAX / EXA * EXA);
    await expectBalanced(quota.gateway);
  });

  it('says as much as 64 bits can where a deep overdraft makes more available', async () => {
    await using quota = await setup();
    const project = await fundedProject(quota.gateway, { floor: -4n * EXA, credits: EXA });
    const { id: creditAccountId } = await accountOf(quota.gateway, project, 'CR:demo');
    const { id: debitAccountId } = await quota.gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    for (let granted = 0; granted < 5; granted++) {
      await quota.gateway.createTransfer({ id: uuid7(), debitAccountId, creditAccountId, amount: EXA, reason: Reason.GRANT });
    }
    expect(await accountOf(quota.gateway, project, 'CR:demo')).toMatchObject({ balance: 6n * EXA, available: INT64_MAX });
  });

  it.each([
    { field: 'coverDeviceMs', value: 0n }, { field: 'coverDeviceMs', value: -1n }, { field: 'coverDeviceMs', value: 10n ** 15n + 1n },
    { field: 'coverDeviceMs', value: INT64_MAX }, { field: 'slots', value: 0 }, { field: 'slots', value: -1 },
    { field: 'slots', value: 100_001 }, { field: 'timeoutMs', value: 999n }, { field: 'timeoutMs', value: INT64_MAX },
    { field: 'id', value: 'not-a-uuid' }, { field: 'acceleratorClass', value: '' }, { field: 'project', value: undefined },
  ])('refuses a reservation with $field $value as malformed', async ({ field, value }) => {
    await using quota = await setup();
    const project = await fundedProject(quota.gateway);
    const request = { project, id: uuid7(), acceleratorClass: CLASS, slots: 1, coverDeviceMs: 1n, timeoutMs: 60_000n, [field]: value };
    await expect(quota.compute.reserve(request)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await accountOf(quota.gateway, project, 'CR:demo')).toMatchObject({ held: 0n });
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']) });
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    return {
      ...quota,
      async [Symbol.asyncDispose]() {
        await quota[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
