import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { CLASS, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

const HOUR_MS = 3_600_000;

describe('rates', () => {
  it('are frozen when a job is reserved: a later rate is for later jobs', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 2n * UCR_PER_MS, validFrom: quota.in(HOUR_MS) });
    const [early, late] = [uuid7(), uuid7()];
    expect((await quota.reserve(early)).ucrPerDeviceHour).toBe(UCR_PER_MS);
    quota.clock.advance(HOUR_MS);
    expect((await quota.reserve(late)).ucrPerDeviceHour).toBe(2n * UCR_PER_MS);
    for (const id of [early, late]) {
      await quota.compute.post({ project: quota.project, id, usedDeviceMs: 50n, cause: Cause.USER });
    }
    const cost = async (reservationId: string) =>
      (await quota.gateway.getChargeRecord({ project: quota.project, reservationId })).costUcr;
    expect([await cost(early), await cost(late)]).toEqual([50n, 100n]);
  });

  it('begin when they say, and until then there is none', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 1n, validFrom: quota.in(1_000) });
    await expect(quota.reserve(uuid7())).rejects.toMatchObject({ code: 'no_rate' });
    quota.clock.advance(1_000);
    expect((await quota.reserve(uuid7())).ucrPerDeviceHour).toBe(1n);
  });

  it('may be zero', async () => {
    await using quota = await setup();
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 0n });
    const id = uuid7();
    await quota.reserve(id);
    await quota.compute.post({ project: quota.project, id, usedDeviceMs: 120n, cause: Cause.USER });
    const charge = await quota.gateway.getChargeRecord({ project: quota.project, reservationId: id });
    expect(charge).toMatchObject({ deviceMs: 100n, lateDeviceMs: 20n, costUcr: 0n, payers: [] });
  });

  it('never change: the same again is the same, another is refused, and so is the past', async () => {
    await using quota = await setup();
    const rate = { acceleratorClass: CLASS, ucrPerDeviceHour: 7n, validFrom: quota.in(0) };
    await quota.gateway.setRate(rate);
    quota.clock.advance(1_000);
    expect(await quota.gateway.setRate(rate)).toMatchObject({ ucrPerDeviceHour: 7n });
    await expect(quota.gateway.setRate({ ...rate, ucrPerDeviceHour: 8n })).rejects.toMatchObject({ code: 'exists_with_different_ucr_per_device_hour' });
    await expect(quota.gateway.setRate({ ...rate, validFrom: quota.in(-1) })).rejects.toMatchObject({ code: 'valid_from_in_the_past' });
    expect((await quota.gateway.listRates({})).rates).toHaveLength(1);
  });

  it('are listed by class and then by date', async () => {
    await using quota = await setup();
    for (const [acceleratorClass, hours] of [['b', 2], ['a', 3], ['b', 1], ['a', 1]] as const) {
      await quota.gateway.setRate({ acceleratorClass, ucrPerDeviceHour: BigInt(hours), validFrom: quota.in(hours * HOUR_MS) });
    }
    const { rates } = await quota.gateway.listRates({});
    expect(rates.map(({ acceleratorClass, ucrPerDeviceHour }) => `${acceleratorClass}${ucrPerDeviceHour}`)).toEqual(['a1', 'a3', 'b1', 'b2']);
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const clock = new FakeClock();
    const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']), clock });
    const project = await fundedProject(quota.gateway);
    return {
      ...quota, clock, project,
      in: (ms: number) => timestampFromDate(new Date(clock.now().getTime() + ms)),
      reserve: (id: string) => quota.compute.reserve({
        project, id, acceleratorClass: CLASS, slots: 1, coverDeviceMs: 100n, timeoutMs: BigInt(24 * HOUR_MS),
      }),
      async [Symbol.asyncDispose]() {
        await quota[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
