import { describe, expect, it } from '@jest/globals';
import { Account_Purpose as Purpose, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { costUcr } from '@kontor/ledger/cost';
import { ReferenceLedger, type ModelCommand } from '@kontor/ledger/reference-model';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import fc from 'fast-check';
import { history, RATES, toMessage, type Step } from '../testing/history.ts';
import { fund, startQuota, type Means, type QuotaUnderTest } from '../testing/quota-under-test.ts';
import database from './database.ts';

const HISTORIES = Number(process.env['KONTOR_HISTORIES'] ?? 200);
const SEED = process.env['KONTOR_SEED'];
const MEANS: Means = { credits: 250_000n, deviceMs: 700_000n, slots: 5n, floor: -20_000n };

describe('the ledger, against the sequential one that anyone could write on paper', () => {
  it(`answers ${HISTORIES} random histories alike and ends with the same books`, async () => {
    await using quota = await setup();
    await fc.assert(fc.asyncProperty(history, async (steps) => {
      const world = await World.begin(quota, uuid7());
      for (const step of steps) await world.take(step);
      await world.compareBooks();
    }), { numRuns: HISTORIES, ...(SEED && { seed: Number(SEED) }) });
  }, 30_000 + HISTORIES * 500);

  /** One history: a tenant, two projects and three accelerator classes of its own, in both ledgers. */
  class World {
    private readonly model = new ReferenceLedger('CR:demo');
    private readonly ids = (name: string): string => uuid5(this.run, name);
    private readonly classes = (name: string): string => `${name}.${this.run}`;
    private revenueBefore = 0n;

    private constructor(private readonly quota: Replicas, private readonly run: string) {}

    static async begin(quota: Replicas, run: string): Promise<World> {
      const world = new World(quota, run);
      const { gateway } = quota.replicas[0];
      for (const [name, ucrPerDeviceHour] of Object.entries(RATES)) {
        await gateway.setRate({ acceleratorClass: world.classes(name), ucrPerDeviceHour });
        world.model.rates.set(name, ucrPerDeviceHour);
      }
      const [p, q] = [{ tenantId: world.ids('tenant'), projectId: world.ids('p') }, { tenantId: world.ids('tenant'), projectId: world.ids('q') }];
      await fund(gateway, p, MEANS, world.classes('odd'));
      await fund(gateway, p, { ...MEANS, credits: 0n }, world.classes('huge'));
      await fund(gateway, q, { ...MEANS, credits: 9_000n, slots: 2n }, world.classes('odd'));
      world.fundModel('p', { 'CR:demo': 250_000n, 'DEVICE_MS:odd': 700_000n, 'SLOTS:odd': 5n, 'DEVICE_MS:huge': 700_000n, 'SLOTS:huge': 5n });
      world.fundModel('q', { 'CR:demo': 9_000n, 'DEVICE_MS:odd': 700_000n, 'SLOTS:odd': 2n });
      world.revenueBefore = await world.revenue();
      return world;
    }

    private fundModel(project: string, means: Record<string, bigint>): void {
      for (const [asset, amount] of Object.entries(means)) this.model.fund(project, asset, amount, -20_000n);
    }

    async take({ afterMs, replica, commands }: Step): Promise<void> {
      const now = BigInt(this.quota.clock.advance(afterMs).getTime());
      await this.quota.replicas[replica].sweep();
      for (const { asked: { project, id } } of this.model.reservations.values()) this.model.execute({ kind: 'expire', project, id }, now);

      const { results } = await this.quota.replicas[replica].compute.executeBatch({
        commands: commands.map((command) => toMessage(command, this.ids, this.classes)),
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
        const { accounts } = await gateway.listAccounts({ project: { tenantId: this.ids('tenant'), projectId: this.ids(name) } });
        for (const { asset, balance, held } of accounts) {
          const account = `${name}/${asset.replace(`.${this.run}`, '')}`;
          expect({ account, balance, held }).toEqual({ account, balance: this.model.balance(account), held: this.model.held(account) });
        }
      }
      expect(await this.revenue() - this.revenueBefore).toBe(this.model.balance('REVENUE/CR:demo'));
      for (const { asset, sum, held, heldByLegs, overdrawnAccounts } of (await gateway.getTrialBalance({})).assets) {
        expect({ asset, sum, held, overdrawnAccounts }).toEqual({ asset, sum: 0n, held: heldByLegs, overdrawnAccounts: 0 });
      }
      for (const { asked, state, used, late, waived, rate } of this.model.reservations.values()) {
        if (state !== 'POSTED') continue;
        const project = { tenantId: this.ids('tenant'), projectId: this.ids(asked.project) };
        const charge = await gateway.getChargeRecord({ project, reservationId: this.ids(asked.id) });
        expect(charge).toMatchObject({ deviceMs: used, lateDeviceMs: late, waivedDeviceMs: waived, costUcr: costUcr(used, rate) });
      }
    }

    private async revenue(): Promise<bigint> {
      const { accounts } = await this.quota.replicas[0].gateway.listAccounts({});
      return accounts.find(({ purpose, asset }) => purpose === Purpose.REVENUE && asset === 'CR:demo')?.balance ?? 0n;
    }
  }

  interface Replicas extends AsyncDisposable {
    replicas: [QuotaUnderTest, QuotaUnderTest];
    clock: FakeClock;
  }

  async function setup(): Promise<Replicas> {
    const ledger = await testDatabase('quota', database.migrations);
    const tls = await testTls(['quota', 'compute', 'gateway']);
    const clock = new FakeClock();
    const replicas: [QuotaUnderTest, QuotaUnderTest] = [
      await startQuota({ database: ledger, tls, clock }), await startQuota({ database: ledger, tls, clock }),
    ];
    return {
      replicas, clock,
      async [Symbol.asyncDispose]() {
        for (const replica of replicas) await replica[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
