import { describe, expect, it } from '@jest/globals';
import { Account_Purpose as Purpose, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { countLine } from '@kontor/kit/journal-mutations';
import { costUcr } from '@kontor/ledger/cost';
import { splitUcr } from '@kontor/ledger/subsidy';
import { ReferenceLedger, type ModelCommand, type ModelReservation } from '@kontor/ledger/reference-model';
import type { FakeClock } from '@kontor/testing/fake-clock';
import fc from 'fast-check';
import { bareAward } from '../testing/bare-award.ts';
import { AWARDS, history, RATES, toMessage, type Step } from '../testing/history.ts';
import { CLERK, expectBalanced, fund, quotaUnderTest, type Replica } from '../testing/quota-under-test.ts';

const HISTORIES = Number(process.env['KONTOR_HISTORIES'] ?? 200);
const SEED = process.env['KONTOR_SEED'];
const MEANS = { credits: 250_000n, deviceMs: 700_000n, slots: 5n, floor: -20_000n };
const POOR = { ...MEANS, credits: 9_000n, slots: 2n };

describe('the ledger, against the sequential one that anyone could write on paper', () => {
  it(
    `answers ${HISTORIES} random histories alike and ends with the same books`,
    async () => {
      await using quota = await setup();
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const world = await World.begin(quota, uuid7());
          for (const step of steps) await world.take(step);
          await world.compareBooks();
        }),
        { numRuns: HISTORIES, ...(SEED && { seed: Number(SEED) }) },
      );
      const { count } = await quota.replicas[0].for(CLERK).journal.verifyJournal({ count: true });
      expect(count && countLine(count)).toMatch(/^journal complete: /);
    },
    30_000 + HISTORIES * 500,
  );

  /** One history: a tenant with two projects of its own, in both ledgers. */
  class World {
    private readonly model = new ReferenceLedger('CR:demo');
    private readonly ids = (name: string): string => uuid5(this.run, name);
    private revenueBefore = 0n;

    private constructor(
      private readonly quota: Replicas,
      private readonly run: string,
    ) {}

    static async begin(quota: Replicas, run: string): Promise<World> {
      const world = new World(quota, run);
      const { gateway } = quota.replicas[0];
      for (const [name, rate] of Object.entries(RATES)) world.model.rates.set(name, rate);
      await fund(gateway, world.project('p'), MEANS, 'odd');
      await fund(gateway, world.project('p'), { ...MEANS, credits: 0n }, 'huge');
      await fund(gateway, world.project('q'), POOR, 'odd');
      world.fundModel('p', 'odd', MEANS);
      world.fundModel('p', 'huge', { ...MEANS, credits: 0n });
      world.fundModel('q', 'odd', POOR);
      await Promise.all((Object.keys(AWARDS) as (keyof typeof AWARDS)[]).map((name) => world.award(name)));
      world.revenueBefore = await world.revenue();
      return world;
    }

    private project = (name: string) => ({ tenantId: this.ids('tenant'), projectId: this.ids(name) });

    private fundModel(project: string, acceleratorClass: string, means: typeof MEANS): void {
      const { credits, deviceMs, slots, floor } = means;
      this.model.fund(project, 'CR:demo', credits, floor);
      this.model.fund(project, `DEVICE_MS:${acceleratorClass}`, deviceMs);
      this.model.fund(project, `SLOTS:${acceleratorClass}`, slots);
    }

    private async award(name: keyof typeof AWARDS): Promise<void> {
      const { project, subsidyPpm, ucr, lastsMs } = AWARDS[name];
      const endsAt = new Date(this.quota.clock.now().getTime() + lastsMs);
      await bareAward(this.quota.ownerUrl, this.project(project), { id: this.ids(name), ucr, subsidyPpm, endsAt });
      this.model.awards.set(name, { project, subsidyPpm, endsAtMs: BigInt(endsAt.getTime()) });
      this.model.fund(name, 'CR:demo', ucr);
    }

    async take({ afterMs, replica, commands }: Step): Promise<void> {
      const now = BigInt(this.quota.clock.advance(afterMs).getTime());
      await this.quota.replicas[replica].sweep();
      for (const {
        asked: { project, id },
      } of this.model.reservations.values()) {
        this.model.execute({ kind: 'expire', project, id }, now);
      }

      const { results } = await this.quota.replicas[replica].compute.executeBatch({
        commands: commands.map((command) => toMessage(command, this.ids)),
      });
      const told = results.map(({ result }) => {
        if (result.case !== 'reservation') return result.value?.code;
        const { state, usedDeviceMs, coverDeviceMs, lateDeviceMs } = result.value;
        return { state: State[state], used: usedDeviceMs, cover: coverDeviceMs, late: lateDeviceMs };
      });
      expect(told).toEqual(commands.map((command) => this.expected(command, now)));
    }

    private expected(command: ModelCommand, now: bigint) {
      const answer = this.model.execute(command, now);
      const reservation = this.model.reservations.get(command.id);
      if (answer !== 'ok' || !reservation) return answer;
      const { state, used, cover, late } = reservation;
      return { state, used, cover, late };
    }

    async compareBooks(): Promise<void> {
      const { gateway } = this.quota.replicas[1];
      for (const name of ['p', 'q']) {
        const { accounts } = await gateway.listAccounts({ project: this.project(name) });
        const awards = new Map(Object.keys(AWARDS).map((award) => [this.ids(award), award]));
        expect(accounts.map(({ asset, balance, held }) => [asset, balance, held])).toEqual(
          accounts.map((account) => {
            const named = `${awards.get(account.id) ?? name}/${account.asset}`;
            return [account.asset, this.model.balance(named), this.model.held(named)];
          }),
        );
      }
      expect((await this.revenue()) - this.revenueBefore).toBe(this.model.balance('REVENUE/CR:demo'));
      await expectBalanced(gateway);
      for (const reservation of this.model.reservations.values()) {
        if (reservation.state === 'POSTED') await this.compareCharge(reservation);
      }
    }

    private async compareCharge({ asked, used, late, waived, rate, subsidyPpm }: ModelReservation): Promise<void> {
      const { gateway } = this.quota.replicas[1];
      const asker = { project: this.project(asked.project), reservationId: this.ids(asked.id) };
      const charge = await gateway.getChargeRecord(asker);
      expect(charge).toMatchObject({
        deviceMs: used,
        lateDeviceMs: late,
        waivedDeviceMs: waived,
        costUcr: costUcr(used, rate),
        subsidyPpm,
      });
      const { awardUcr, ownUcr } = splitUcr(charge.costUcr, subsidyPpm);
      expect(charge.payers.map(({ amountUcr }) => amountUcr)).toEqual([awardUcr, ownUcr].filter((ucr) => ucr > 0n));
    }

    private async revenue(): Promise<bigint> {
      const { accounts } = await this.quota.replicas[0].gateway.listAccounts({});
      return accounts.find(({ purpose, asset }) => purpose === Purpose.REVENUE && asset === 'CR:demo')?.balance ?? 0n;
    }
  }

  interface Replicas extends AsyncDisposable {
    replicas: [Replica, Replica];
    ownerUrl: string;
    clock: FakeClock;
  }

  async function setup(): Promise<Replicas> {
    const one = await quotaUnderTest();
    const other = await one.replica();
    for (const [acceleratorClass, ucrPerDeviceHour] of Object.entries(RATES)) {
      await one.gateway.setRate({ acceleratorClass, ucrPerDeviceHour });
    }
    return {
      replicas: [one, other],
      clock: one.clock,
      ownerUrl: one.database.ownerUrl,
      async [Symbol.asyncDispose]() {
        await other[Symbol.asyncDispose]();
        await one[Symbol.asyncDispose]();
      },
    };
  }
});
