import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { CLASS, codeOf, quotaUnderTest, UCR_PER_MS } from '../testing/quota-under-test.ts';

const HOUR_MS = 3_600_000;

describe('rates', () => {
  it('are frozen when a job is reserved: a later rate is for later jobs', async () => {
    await using quota = await setup();
    const [early, late] = [uuid7(), uuid7()];
    await quota.set(UCR_PER_MS, 0);
    await quota.set(2n * UCR_PER_MS, HOUR_MS);
    expect((await quota.reserve(early)).ucrPerDeviceHour).toBe(UCR_PER_MS);
    quota.clock.advance(HOUR_MS);
    expect((await quota.reserve(late)).ucrPerDeviceHour).toBe(2n * UCR_PER_MS);
    expect([await quota.costOf(early, 50n), await quota.costOf(late, 50n)]).toEqual([50n, 100n]);
  });

  it('begin when they say, and until then there is none', async () => {
    await using quota = await setup();
    await quota.set(1n, 1_000);
    expect(await codeOf(quota.reserve(uuid7()))).toBe('no_rate');
    quota.clock.advance(1_000);
    expect((await quota.reserve(uuid7())).ucrPerDeviceHour).toBe(1n);
  });

  it('may be zero', async () => {
    await using quota = await setup();
    await quota.set(0n, 0);
    const id = uuid7();
    await quota.reserve(id);
    expect(await quota.costOf(id, 120n)).toBe(0n);
    const charge = await quota.gateway.getChargeRecord({ project: quota.project, reservationId: id });
    expect(charge).toMatchObject({ deviceMs: 100n, lateDeviceMs: 20n, payers: [] });
  });

  it('never change: the same again is the same, another is refused, and so is the past', async () => {
    await using quota = await setup();
    await quota.set(7n, 0);
    quota.clock.advance(1_000);
    expect(await quota.set(7n, -1_000)).toMatchObject({ ucrPerDeviceHour: 7n });
    expect(await codeOf(quota.set(8n, -1_000))).toBe('exists_with_different_ucr_per_device_hour');
    expect(await codeOf(quota.set(7n, -1))).toBe('valid_from_in_the_past');
    expect((await quota.gateway.listRates({})).rates).toHaveLength(1);
  });

  it('begin now where no instant is named', async () => {
    await using quota = await setup();
    const { validFrom } = await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 7n });
    expect(validFrom).toEqual(timestampFromDate(quota.clock.now()));
    expect((await quota.reserve(uuid7())).ucrPerDeviceHour).toBe(7n);
  });

  it('are listed by class and then by date', async () => {
    await using quota = await setup();
    for (const [acceleratorClass, hours] of [
      ['b', 2],
      ['a', 3],
      ['b', 1],
      ['a', 1],
    ] as const) {
      await quota.set(BigInt(hours), hours * HOUR_MS, acceleratorClass);
    }
    const { rates } = await quota.gateway.listRates({});
    const seen = rates.map(({ acceleratorClass, ucrPerDeviceHour }) => `${acceleratorClass}${ucrPerDeviceHour}`);
    expect(seen).toEqual(['a1', 'a3', 'b1', 'b2']);
  });

  async function setup() {
    const quota = await quotaUnderTest({ rate: null });
    const { project, clock, compute, gateway } = quota;
    return {
      ...quota,
      /** Sets a rate that begins so many milliseconds from now. */
      set: (ucrPerDeviceHour: bigint, inMs: number, acceleratorClass = CLASS) => {
        const validFrom = timestampFromDate(new Date(clock.now().getTime() + inMs));
        return gateway.setRate({ acceleratorClass, ucrPerDeviceHour, validFrom });
      },
      reserve: (id: string) => compute.reserve({ ...quota.terms(id, 100n), timeoutMs: BigInt(24 * HOUR_MS) }),
      async costOf(id: string, usedDeviceMs: bigint) {
        await compute.post({ project, id, usedDeviceMs, cause: Cause.USER });
        return (await gateway.getChargeRecord({ project, reservationId: id })).costUcr;
      },
    };
  }
});
