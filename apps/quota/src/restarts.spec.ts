import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { eventually } from '@kontor/testing/eventually';
import { testClusterUrl } from '@kontor/testing/test-cluster';
import { ask } from '../testing/in-database.ts';
import { codeOf, expectBalanced, quotaUnderTest } from '../testing/quota-under-test.ts';

describe('a ledger that is interrupted', () => {
  it('goes on with what it had acknowledged, and by itself expires what came due meanwhile', async () => {
    await using quota = await quotaUnderTest();
    const { project } = quota;
    const [kept, forgotten] = [uuid7(), uuid7()];
    await quota.compute.reserve({ ...quota.terms(kept), timeoutMs: 3_600_000n });
    await quota.compute.reserve(quota.terms(forgotten));
    await quota.stop();
    quota.clock.advance(60_000);
    await using again = await quota.replica();
    await eventually(
      'the reservation has expired',
      async () => (await again.gateway.getReservation({ project, id: forgotten })).state === State.EXPIRED,
    );
    const posted = await again.compute.post({ project, id: kept, usedDeviceMs: 7n, cause: Cause.USER });
    expect(posted.state).toBe(State.POSTED);
    await expectBalanced(again.gateway);
  });

  it('says try again when its connections are cut, does nothing twice, and recovers by itself', async () => {
    await using quota = await quotaUnderTest();
    const refusals = new Set<string>();
    const insist = async (id: string): Promise<void> => {
      const code = await codeOf(quota.compute.reserve(quota.terms(id)));
      if (code === 'ok') return;
      refusals.add(code);
      await insist(id);
    };
    const cut = async (): Promise<void> => {
      const admin = testClusterUrl();
      for (let round = 0; round < 10; round++) await ask(admin, CUT, [quota.database.name]);
    };
    await Promise.all([cut(), ...Array.from({ length: 80 }, () => insist(uuid7()))]);
    expect([...refusals].filter((code) => code !== 'ledger_unavailable')).toEqual([]);
    await eventually('it reads again', async () => (await quota.credits()).held === 800n);
    await expectBalanced(quota.gateway);
  });

  it('finishes what is under way before it stops', async () => {
    await using quota = await quotaUnderTest();
    const { url } = quota.database;
    const answers = Array.from({ length: 30 }, () => codeOf(quota.compute.reserve(quota.terms())));
    await eventually('the first is there', async () => (await ask(url, 'SELECT FROM reservation')).length > 0);
    await quota.stop();
    const acknowledged = (await Promise.all(answers)).filter((code) => code === 'ok').length;
    expect(await ask(url, 'SELECT count(*)::int AS n FROM reservation')).toEqual([{ n: acknowledged }]);
  });

  const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kontor_quota' AND datname = $1`;
});
