import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { testDatabase } from '@kontor/testing/database';
import { eventually } from '@kontor/testing/eventually';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { ask } from '../testing/in-database.ts';
import { accountOf, CLASS, expectBalanced, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

describe('a ledger that is interrupted', () => {
  it('goes on after a restart with what it had acknowledged, and expires what came due meanwhile by itself', async () => {
    await using ledger = await setup();
    const [kept, forgotten] = [uuid7(), uuid7()];
    {
      await using quota = await ledger.start();
      await quota.compute.reserve(ledger.terms(kept, 3_600_000n));
      await quota.compute.reserve(ledger.terms(forgotten, 1_000n));
    }
    ledger.clock.advance(60_000);
    await using quota = await ledger.start();
    const named = { project: ledger.project, id: forgotten };
    await eventually('the reservation has expired', async () => (await quota.gateway.getReservation(named)).state === State.EXPIRED);
    expect((await accountOf(quota.gateway, ledger.project, 'CR:demo')).held).toBe(10n);
    const posted = await quota.compute.post({ project: ledger.project, id: kept, usedDeviceMs: 7n, cause: Cause.USER });
    expect(posted.state).toBe(State.POSTED);
    await expectBalanced(quota.gateway);
  });

  it('says try again when its connections are cut, does nothing twice, and recovers by itself', async () => {
    await using ledger = await setup();
    await using quota = await ledger.start();
    const answered: string[] = [];
    const attempt = async (id: string): Promise<void> => {
      const reserved = await quota.compute.reserve(ledger.terms(id, 60_000n)).catch((error: unknown) => error);
      if (reserved instanceof Error) {
        expect(reserved).toMatchObject({ code: 'ledger_unavailable' });
        return attempt(id);
      }
      answered.push(id);
    };
    const cutting = (async () => {
      for (let cut = 0; cut < 10; cut++) {
        await ask(ledger.adminUrl, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kontor_quota' AND datname = $1`, [ledger.name]);
      }
    })();
    await Promise.all(Array.from({ length: 80 }, () => attempt(uuid7())));
    await cutting;
    expect(answered).toHaveLength(80);
    await eventually('it works again', async () => {
      expect((await accountOf(quota.gateway, ledger.project, 'CR:demo')).held).toBe(800n);
      return true;
    });
    await expectBalanced(quota.gateway);
  });

  it('finishes what is under way before it stops', async () => {
    await using ledger = await setup();
    const quota = await ledger.start();
    const ids = Array.from({ length: 30 }, () => uuid7());
    const answers = Promise.allSettled(ids.map((id) => quota.compute.reserve(ledger.terms(id, 60_000n))));
    await eventually('the first has arrived', async () => (await ask(ledger.ownerUrl, 'SELECT FROM reservation LIMIT 1')).length === 1);
    await ledger.stop(quota);
    const acknowledged = (await answers).filter(({ status }) => status === 'fulfilled').length;
    const [written] = await ask<{ n: string }>(ledger.ownerUrl, 'SELECT count(*) AS n FROM reservation');
    expect(Number(written?.n)).toBe(acknowledged);
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const tls = await testTls(['quota', 'compute', 'gateway']);
    const clock = new FakeClock();
    const start = () => startQuota({ database: ledger, tls, clock });
    await using first = await start();
    await first.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    const project = await fundedProject(first.gateway);
    return {
      ...ledger, clock, project, start, adminUrl: process.env['KONTOR_TEST_POSTGRES'] ?? '',
      stop: (quota: AsyncDisposable) => quota[Symbol.asyncDispose](),
      terms: (id: string, timeoutMs: bigint) =>
        ({ project, id, acceleratorClass: CLASS, slots: 1, coverDeviceMs: 10n, timeoutMs }),
    };
  }
});
