import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { problemOf } from '@kontor/kit/problem';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { ask } from '../testing/in-database.ts';
import { accountOf, CLASS, expectBalanced, fund, fundedProject, startQuota, UCR_PER_MS, type Quota } from '../testing/quota-under-test.ts';
import database from './database.ts';

describe('two replicas on one ledger', () => {
  it('sell 500 credits exactly 500 times when 1,000 clients race for them', async () => {
    await using ledger = await setup();
    const project = await fundedProject(ledger.gateway, { credits: 500n });
    const reservations = Array.from({ length: 1_000 }, (_, n) =>
      outcome(ledger.compute(n).reserve({ ...terms(project), coverDeviceMs: 1n })));
    const outcomes = await Promise.all(reservations);
    expect(count(outcomes)).toEqual({ PENDING: 500, insufficient_credits: 500 });
    expect(await accountOf(ledger.gateway, project, 'CR:demo')).toMatchObject({ balance: 500n, held: 500n, available: 0n });
    await ledger.expectBalanced();
  });

  it('sell three slots three times', async () => {
    await using ledger = await setup();
    const project = await fundedProject(ledger.gateway, { slots: 3n });
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => outcome(ledger.compute(n).reserve(terms(project)))));
    expect(count(outcomes)).toEqual({ PENDING: 3, insufficient_slots: 37 });
  });

  it('make one reservation of a request that both get many times', async () => {
    await using ledger = await setup();
    const project = await fundedProject(ledger.gateway);
    const request = terms(project);
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => outcome(ledger.compute(n).reserve(request))));
    expect(count(outcomes)).toEqual({ PENDING: 60 });
    expect((await accountOf(ledger.gateway, project, 'CR:demo')).held).toBe(100n);
  });

  it('give an id that two projects of a tenant use at once to one of them', async () => {
    await using ledger = await setup();
    const one = await fundedProject(ledger.gateway);
    const other = { tenantId: one.tenantId, projectId: uuid7() };
    await fund(ledger.gateway, other);
    for (let round = 0; round < 20; round++) {
      const id = uuid7();
      const outcomes = await Promise.all([one, other].map((project, n) =>
        outcome(ledger.compute(n).reserve({ ...terms(project), id }))));
      expect(outcomes.sort()).toEqual(['PENDING', 'exists_with_different_project']);
    }
    await ledger.expectBalanced();
  });

  it('end a reservation once, although post, void and time come at the same instant', async () => {
    await using ledger = await setup();
    const project = await fundedProject(ledger.gateway);
    const endings: Record<string, number> = {};
    for (let round = 0; round < 60; round++) {
      const request = terms(project);
      await ledger.compute(0).reserve(request);
      ledger.clock.advance(60_000);
      const named = { project, id: request.id };
      const [posted, voided] = await Promise.all([
        outcome(ledger.compute(round).post({ ...named, usedDeviceMs: 70n, cause: Cause.USER })),
        outcome(ledger.compute(round + 1).void(named)), ledger.sweepBoth(),
      ]);
      const { state, legs } = await ledger.gateway.getReservation(named);
      endings[State[state]] = (endings[State[state]] ?? 0) + 1;
      expect([posted, voided]).toEqual(state === State.POSTED ? ['POSTED', 'already_posted'] : ['already_voided', 'VOIDED']);
      expect(legs.every(({ held }) => held === 0n)).toBe(true);
    }
    expect((endings['POSTED'] ?? 0) + (endings['VOIDED'] ?? 0)).toBe(60);
    await ledger.expectBalanced();
  });

  it('never show a deadlock to anyone, whatever accounts their batches share', async () => {
    await using ledger = await setup();
    const projects = await Promise.all(Array.from({ length: 6 }, () => fundedProject(ledger.gateway)));
    const life = async (compute: Quota, n: number): Promise<void> => {
      const project = projects[n % projects.length] ?? raise();
      const request = terms(project);
      await compute.reserve(request);
      const named = { project, id: request.id };
      await compute.advance({ ...named, usedDeviceMs: 30n, coverDeviceMs: 150n, timeoutMs: 60_000n });
      await compute.post({ ...named, usedDeviceMs: 120n, cause: n % 3 === 0 ? Cause.SITE : Cause.USER });
    };
    await Promise.all(Array.from({ length: 300 }, (_, n) => life(ledger.compute(n), n)));
    const [totals] = await ask<{ records: string; cost: string }>(ledger.url,
      'SELECT count(*) AS records, sum(cost_ucr) AS cost FROM charge_record');
    expect(totals).toEqual({ records: '300', cost: String(200 * 120) });
    await ledger.expectBalanced();
  });

  const raise = (): never => { throw new Error('Unreachable.'); };

  const terms = (project: { tenantId: string; projectId: string }) =>
    ({ project, id: uuid7(), acceleratorClass: CLASS, slots: 1, coverDeviceMs: 100n, timeoutMs: 60_000n });

  const outcome = (answer: Promise<{ state: State }>): Promise<string> =>
    answer.then(({ state }) => State[state], (error: unknown) => problemOf(error).code);

  const count = (outcomes: string[]): Record<string, number> =>
    Object.fromEntries(Object.entries(Object.groupBy(outcomes, (each) => each)).map(([name, all]) => [name, all?.length ?? 0]));

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const tls = await testTls(['quota', 'compute', 'gateway']);
    const clock = new FakeClock();
    const parts = { database: ledger, tls, clock };
    const [one, other] = [await startQuota(parts), await startQuota(parts)];
    const { gateway } = one;
    await gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    return {
      url: ledger.ownerUrl, clock, gateway,
      /** One replica, and the other, in turns. */
      compute: (n: number) => (n % 2 === 0 ? one : other).compute,
      sweepBoth: () => Promise.all([one.sweep(), other.sweep()]),
      expectBalanced: () => expectBalanced(gateway),
      async [Symbol.asyncDispose]() {
        await one[Symbol.asyncDispose]();
        await other[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
