import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { problemOf } from '@kontor/kit/problem';
import { ask } from '../testing/in-database.ts';
import {
  expectBalanced,
  fund,
  fundedProject,
  quotaUnderTest,
  type Means,
  type Quota,
} from '../testing/quota-under-test.ts';

describe('two replicas on one ledger', () => {
  it('sell 500 credits exactly 500 times when 1,000 clients race for them', async () => {
    await using ledger = await setup({ credits: 500n });
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => outcome(ledger.compute(n).reserve(ledger.terms(uuid7(), 1n)))),
    );
    expect(count(outcomes)).toEqual({ PENDING: 500, insufficient_credits: 500 });
    expect(await ledger.credits()).toMatchObject({ balance: 500n, held: 500n, available: 0n });
    await expectBalanced(ledger.gateway);
  });

  it('sell three slots three times', async () => {
    await using ledger = await setup({ slots: 3n });
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) => outcome(ledger.compute(n).reserve(ledger.terms()))),
    );
    expect(count(outcomes)).toEqual({ PENDING: 3, insufficient_slots: 37 });
  });

  it('make one reservation of a request that both get many times', async () => {
    await using ledger = await setup();
    const request = ledger.terms();
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) => outcome(ledger.compute(n).reserve(request))),
    );
    expect(count(outcomes)).toEqual({ PENDING: 60 });
    expect((await ledger.credits()).held).toBe(10n);
  });

  it('give an id that two projects of a tenant use at once to one of them', async () => {
    await using ledger = await setup();
    const other = { tenantId: ledger.project.tenantId, projectId: uuid7() };
    await fund(ledger.gateway, other);
    for (let round = 0; round < 20; round++) {
      const terms = ledger.terms();
      const outcomes = await Promise.all([
        outcome(ledger.compute(0).reserve(terms)),
        outcome(ledger.compute(1).reserve({ ...terms, project: other })),
      ]);
      expect(outcomes.sort()).toEqual(['PENDING', 'exists_with_different_project']);
    }
    await expectBalanced(ledger.gateway);
  });

  it('end a reservation once, although post, void and time come at the same instant', async () => {
    await using ledger = await setup();
    for (let round = 0; round < 60; round++) {
      const request = ledger.terms(uuid7(), 100n);
      const named = { project: ledger.project, id: request.id };
      await ledger.compute(0).reserve(request);
      ledger.clock.advance(60_000);
      const [posted, voided] = await Promise.all([
        outcome(ledger.compute(round).post({ ...named, usedDeviceMs: 70n, cause: Cause.USER })),
        outcome(ledger.compute(round + 1).void(named)),
        ledger.sweepBoth(),
      ]);
      const { state, legs } = await ledger.gateway.getReservation(named);
      const expected = { [State.POSTED]: ['POSTED', 'already_posted'], [State.VOIDED]: ['already_voided', 'VOIDED'] };
      expect([posted, voided]).toEqual(expected[state as State.POSTED]);
      expect(legs.every(({ held }) => held === 0n)).toBe(true);
    }
    await expectBalanced(ledger.gateway);
  });

  it('take a command that overtakes its reservation for one that came too early, or carry it out', async () => {
    await using ledger = await setup();
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      const request = ledger.terms();
      const named = { project: ledger.project, id: request.id };
      const [reserved, posted] = await Promise.all([
        outcome(ledger.compute(0).reserve(request)),
        outcome(ledger.compute(1).post({ ...named, usedDeviceMs: 15n, cause: Cause.USER })),
      ]);
      expect(reserved).toBe('PENDING');
      seen.add(posted);
    }
    expect([...seen].filter((each) => each !== 'reservation_not_found' && each !== 'POSTED')).toEqual([]);
    await expectBalanced(ledger.gateway);
  });

  it('never show a deadlock to anyone, whatever accounts their batches share', async () => {
    await using ledger = await setup();
    const projects = await Promise.all(Array.from({ length: 6 }, () => fundedProject(ledger.gateway)));
    const live = async (compute: Quota, n: number): Promise<void> => {
      const request = { ...ledger.terms(uuid7(), 100n), project: projects[n % projects.length] ?? ledger.project };
      const named = { project: request.project, id: request.id };
      await compute.reserve(request);
      await compute.advance({ ...named, usedDeviceMs: 30n, coverDeviceMs: 150n, timeoutMs: 60_000n });
      await compute.post({ ...named, usedDeviceMs: 120n, cause: n % 3 === 0 ? Cause.SITE : Cause.USER });
    };
    await Promise.all(Array.from({ length: 300 }, (_, n) => live(ledger.compute(n), n)));
    const { url } = ledger.database;
    const charged = await ask(url, 'SELECT count(*) AS records, sum(cost_ucr) AS cost FROM charge_record');
    expect(charged).toEqual([{ records: '300', cost: String(200 * 120) }]);
    await expectBalanced(ledger.gateway);
  });

  const outcome = (answer: Promise<{ state: State }>): Promise<string> =>
    answer.then(
      ({ state }) => State[state],
      (error: unknown) => problemOf(error).code,
    );

  const count = (outcomes: string[]): Record<string, number> => {
    const groups = Object.entries(Object.groupBy(outcomes, (each) => each));
    return Object.fromEntries(groups.map(([name, all]) => [name, all?.length ?? 0]));
  };

  async function setup(means: Means = {}) {
    const one = await quotaUnderTest(means);
    const other = await one.replica();
    return {
      ...one,
      /** One replica, and the other, in turns. */
      compute: (n: number) => (n % 2 === 0 ? one : other).compute,
      sweepBoth: () => Promise.all([one.sweep(), other.sweep()]),
      async [Symbol.asyncDispose]() {
        await other[Symbol.asyncDispose]();
        await one[Symbol.asyncDispose]();
      },
    };
  }
});
