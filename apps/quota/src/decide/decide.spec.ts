import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  AdvanceRequestSchema,
  ChargeRecord_Cause as Cause,
  PostRequestSchema,
  Reservation_State as State,
  ReserveRequestSchema,
  Transfer_Reason as Reason,
  VoidRequestSchema,
} from '@kontor/contracts/quota/v1/quota';
import { ProjectRefSchema } from '@kontor/contracts/resource/v1/resource';
import { uuid7 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';
import { lateRoutes, legRoutes } from '../account-id.ts';
import { keyOf, type Reservation } from '../reservation.ts';
import { decide, type Decided, type Order, type Snapshot } from './decide.ts';
import type { AccountState, LedgerCommand } from './decision.ts';

const PROJECT = create(ProjectRefSchema, { tenantId: uuid7(), projectId: uuid7() });
const [LEGS, LATE] = [legRoutes('demo', PROJECT, 'gpu'), lateRoutes('demo', 'gpu')];
const [CREDITS, DEVICE_TIME, SLOTS] = LEGS.map(({ debitAccountId }) => debitAccountId);
const REVENUE = LEGS[0]?.creditAccountId;
const AWARD = uuid7();

describe('deciding a batch', () => {
  it('decides each command on what the ones before it left', () => {
    const decided = decide([reserve('a', 60n), reserve('b', 60n), post('a', 20n), reserve('b', 60n)], snapshot());
    expect(outcomes(decided)).toEqual(['PENDING', 'insufficient_credits', 'POSTED', 'PENDING']);
  });

  it('writes of an account only how far it moved in all', () => {
    const { accounts } = decide([reserve('a', 60n), post('a', 20n), reserve('b', 50n)], snapshot());
    expect(accounts).toContainEqual({ id: CREDITS, balance: -20n, held: 50n });
    expect(accounts).toContainEqual({ id: SLOTS, balance: 0n, held: 1n });
    expect(accounts).toContainEqual({ id: REVENUE, balance: 20n, held: 0n });
  });

  it('leaves accounts alone that are back where they were', () => {
    expect(decide([reserve('a', 60n), voided('a')], snapshot()).accounts).toEqual([]);
  });

  it('changes nothing of what it was given, and answers the same to the same', () => {
    const { changes } = decide([reserve('a', 60n)], snapshot());
    const given = snapshot(changes.map(({ after }) => after));
    const before = structuredClone([given.accounts, given.reservations]);
    const orders = [advance('a', 30n, 70n), advance('a', 80n, 0n), post('a', 95n, Cause.SITE)];
    const first = decide(orders, given);
    expect([given.accounts, given.reservations]).toEqual(before);
    expect(decide(orders, given)).toEqual(first);
  });

  it('moves use up to cover from the project, the rest from the operator, and refunds in one step', () => {
    const { changes } = decide([reserve('a', 60n), advance('a', 80n, 0n), post('a', 80n, Cause.SITE)], snapshot());
    const moved = changes.map(({ transfers }) =>
      transfers.map(({ reason, debitAccountId, amount }) => [Reason[reason], debitAccountId, amount]),
    );
    expect(moved).toEqual([
      [],
      [
        ['USAGE', CREDITS, 60n],
        ['USAGE', DEVICE_TIME, 60n],
        ['LATE', LATE[0]?.debitAccountId, 20n],
        ['LATE', LATE[1]?.debitAccountId, 20n],
      ],
      [
        ['REFUND', REVENUE, 60n],
        ['REFUND', LEGS[1]?.creditAccountId, 60n],
      ],
    ]);
    const ids = changes.flatMap(({ transfers }) => transfers.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('splits what a reservation costs between its award and its project, and gives each part back', () => {
    const orders = [reserve('a', 60n, AWARD), advance('a', 33n, 0n), post('a', 33n, Cause.SITE)];
    const { changes, results } = decide(orders, snapshot());
    expect(results.at(-1)).toMatchObject({ awardId: AWARD, subsidyPpm: 400_000, usedDeviceMs: 0n });
    const moved = changes
      .slice(1)
      .map(({ transfers }) =>
        transfers
          .filter(({ asset }) => asset === 'CR:demo')
          .map(({ debitAccountId, creditAccountId, amount }) => [debitAccountId, creditAccountId, amount]),
      );
    expect(moved).toEqual([
      [
        [AWARD, REVENUE, 13n],
        [CREDITS, REVENUE, 20n],
      ],
      [
        [REVENUE, AWARD, 13n],
        [REVENUE, CREDITS, 20n],
      ],
    ]);
    const ids = changes.flatMap(({ transfers }) => transfers.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names the payer that has too little, and takes no award that is another project's or has ended", () => {
    const codes = (awardId: string, cover: bigint, at?: Date): string[] =>
      outcomes(decide([reserve('a', cover, awardId)], { ...snapshot(), ...(at && { now: at }) }));
    expect(codes(AWARD, 78n)).toEqual(['insufficient_award']);
    expect(codes(AWARD, 77n)).toEqual(['PENDING']);
    expect(codes(CREDITS ?? '', 1n)).toEqual(['award_not_found']);
    expect(codes(AWARD, 1n, new Date('2030-02-01T00:00:00Z'))).toEqual(['award_ended']);
  });

  it('sets nothing more aside for a job whose award has ended, posts what it used, and keeps what it has', () => {
    const { changes } = decide([reserve('a', 20n, AWARD)], snapshot());
    const given = snapshot(changes.map(({ after }) => after));
    const covers = (now: Date): unknown[] => decide([advance('a', 10n, 30n)], { ...given, now }).results;
    expect(covers(new Date('2030-01-31T23:59:59Z'))).toMatchObject([{ usedDeviceMs: 10n, coverDeviceMs: 30n }]);
    expect(covers(new Date('2030-02-01T00:00:00Z'))).toMatchObject([{ usedDeviceMs: 10n, coverDeviceMs: 20n }]);
  });

  it('fails as a whole, before anything is written, where an account was not locked', () => {
    const incomplete = snapshot();
    const accounts = new Map([...incomplete.accounts].filter(([id]) => id !== REVENUE));
    expect(() => decide([reserve('a', 60n), post('a', 20n)], { ...incomplete, accounts })).toThrow('was not locked');
  });

  function outcomes({ results }: Decided): string[] {
    return results.map((result) => (result instanceof Problem ? result.code : State[result.state]));
  }

  function snapshot(reservations: Reservation[] = []): Snapshot {
    const of = (balance: bigint, floor: bigint | null): AccountState => Object.freeze({ balance, held: 0n, floor });
    const accounts = new Map(
      [...LEGS, ...LATE].flatMap(
        ({ debitAccountId, creditAccountId }) =>
          [
            [creditAccountId, of(0n, null)],
            [debitAccountId, of(0n, null)],
          ] as const,
      ),
    );
    accounts
      .set(CREDITS ?? '', of(100n, 0n))
      .set(DEVICE_TIME ?? '', of(500n, 0n))
      .set(SLOTS ?? '', of(5n, 0n));
    const award = { ...PROJECT, subsidyPpm: 400_000, endsAt: new Date('2030-02-01T00:00:00Z') };
    accounts.set(AWARD, Object.freeze({ ...of(30n, 0n), award }));
    return {
      now: new Date('2030-01-01T00:00:00Z'),
      accounts,
      rateOf: () => 3_600_000n,
      reservations: new Map(reservations.map((each) => [keyOf(each.tenantId, each.id), Object.freeze(each)])),
      legRoutes: (project, acceleratorClass, awardId) => legRoutes('demo', project, acceleratorClass, awardId),
      lateRoutes: () => LATE,
    };
  }

  function order(command: LedgerCommand): Order {
    return { command, actor: 'compute' };
  }

  function reserve(id: string, coverDeviceMs: bigint, awardId = ''): Order {
    const terms = { acceleratorClass: 'gpu', slots: 1, coverDeviceMs, timeoutMs: 60_000n };
    const request = { project: PROJECT, id, awardId, ...terms };
    return order({ case: 'reserve', value: create(ReserveRequestSchema, request) });
  }

  function advance(id: string, usedDeviceMs: bigint, coverDeviceMs: bigint): Order {
    const request = { project: PROJECT, id, usedDeviceMs, coverDeviceMs, timeoutMs: 60_000n };
    return order({ case: 'advance', value: create(AdvanceRequestSchema, request) });
  }

  function post(id: string, usedDeviceMs: bigint, cause = Cause.USER): Order {
    return order({ case: 'post', value: create(PostRequestSchema, { project: PROJECT, id, usedDeviceMs, cause }) });
  }

  function voided(id: string): Order {
    return order({ case: 'void', value: create(VoidRequestSchema, { project: PROJECT, id }) });
  }
});
