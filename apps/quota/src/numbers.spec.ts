import { describe, expect, it } from '@jest/globals';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Reservation_State as State,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { INT64_MAX } from '@kontor/ledger/int64';
import { accountOf, codeOf, expectBalanced, fund, grant, quotaUnderTest } from '../testing/quota-under-test.ts';

const EXA = 10n ** 18n;
/** Most device-milliseconds that one message may name. */
const MOST = 10n ** 15n;

describe('numbers at the edge', () => {
  it.each([2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, EXA - 1n, EXA])('moves %s µcr exactly', async (amount) => {
    await using quota = await quotaUnderTest({ credits: amount });
    expect(await quota.credits()).toMatchObject({ balance: amount, available: amount });
    const { accounts } = await quota.gateway.listAccounts({});
    const treasury = accounts.find(({ purpose, asset }) => purpose === Purpose.TREASURY && asset === 'CR:demo');
    expect(treasury?.balance).toBe(-amount);
  });

  it('charges almost 10^15 device-milliseconds to the last µcr', async () => {
    await using quota = await quotaUnderTest({ rate: 3_599_999n, credits: EXA, deviceMs: EXA });
    const { project } = quota;
    const [id, used] = [uuid7(), MOST - 1n];
    await quota.compute.reserve(quota.terms(id, MOST));
    await quota.compute.post({ project, id, usedDeviceMs: used, cause: Cause.USER });
    const { costUcr, payers } = await quota.gateway.getChargeRecord({ project, reservationId: id });
    expect(costUcr).toBe((used * 3_599_999n) / 3_600_000n);
    expect(payers.reduce((sum, { amountUcr }) => sum + amountUcr, 0n)).toBe(costUcr);
  });

  it('refuses a cost beyond 64 bits and changes nothing, while the commands beside it pass', async () => {
    await using quota = await setup();
    const reserve = (acceleratorClass: string, coverDeviceMs: bigint) => ({
      command: { case: 'reserve' as const, value: { ...quota.terms(uuid7(), coverDeviceMs), acceleratorClass } },
    });
    const { results } = await quota.compute.executeBatch({
      commands: [reserve('cpu.x86_64', 5n), reserve('gold', MOST), reserve('cpu.x86_64', 7n)],
    });
    expect(results.map(({ result }) => (result.case === 'problem' ? result.value.code : result.case))).toEqual([
      'reservation',
      'amount_overflow',
      'reservation',
    ]);
    expect((await quota.credits()).held).toBe(12n);
    expect((await accountOf(quota.gateway, quota.project, 'SLOTS:gold')).held).toBe(0n);
  });

  it('refuses late use whose cost is beyond 64 bits, and takes the report when it is not', async () => {
    await using quota = await setup();
    const named = { project: quota.project, id: uuid7() };
    await quota.compute.reserve({ ...quota.terms(named.id, 1_000n), acceleratorClass: 'gold' });
    const post = (usedDeviceMs: bigint) => quota.compute.post({ ...named, usedDeviceMs, cause: Cause.USER });
    expect(await codeOf(post(MOST))).toBe('amount_overflow');
    expect((await quota.gateway.getReservation(named)).state).toBe(State.PENDING);
    expect((await post(2_000n)).lateDeviceMs).toBe(1_000n);
    await expectBalanced(quota.gateway);
  });

  it('refuses the grant after which a balance would not fit', async () => {
    await using quota = await quotaUnderTest({ credits: EXA });
    const more = () => grant(quota.gateway, quota.project, 'CR:demo', EXA);
    for (let granted = 1n; granted < INT64_MAX / EXA; granted++) await more();
    expect(await codeOf(more())).toBe('amount_overflow');
    expect((await quota.credits()).balance).toBe((INT64_MAX / EXA) * EXA);
    await expectBalanced(quota.gateway);
  });

  it('says as much as 64 bits can where a deep overdraft makes more available', async () => {
    await using quota = await quotaUnderTest({ floor: -4n * EXA, credits: EXA });
    for (let granted = 1; granted < 6; granted++) await grant(quota.gateway, quota.project, 'CR:demo', EXA);
    expect(await quota.credits()).toMatchObject({ balance: 6n * EXA, available: INT64_MAX });
  });

  it.each([
    { coverDeviceMs: 0n },
    { coverDeviceMs: -1n },
    { coverDeviceMs: MOST + 1n },
    { coverDeviceMs: INT64_MAX },
    { slots: 0 },
    { slots: -1 },
    { slots: 100_001 },
    { timeoutMs: 999n },
    { timeoutMs: INT64_MAX },
    { id: 'not-a-uuid' },
    { acceleratorClass: '' },
    { project: { tenantId: uuid7(), projectId: '' } },
  ])('refuses a reservation with %p as malformed', async (wrong) => {
    await using quota = await quotaUnderTest();
    expect(await codeOf(quota.compute.reserve({ ...quota.terms(), ...wrong }))).toBe('invalid_request');
    expect((await quota.credits()).held).toBe(0n);
  });

  /** Beside the usual class one that is priced like gold. */
  async function setup() {
    const quota = await quotaUnderTest({ credits: EXA });
    await quota.gateway.setRate({ acceleratorClass: 'gold', ucrPerDeviceHour: 10n ** 15n });
    await fund(quota.gateway, quota.project, { credits: 0n }, 'gold');
    return quota;
  }
});
