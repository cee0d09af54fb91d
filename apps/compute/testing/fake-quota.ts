import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import {
  Account_Purpose,
  ChargeRecord_Cause,
  Reservation_State as State,
  type AdvanceRequest,
  type ListAccountsRequest,
  type ListRatesRequest,
  type PostRequest,
  type QuotaService,
  type ReservationSchema,
  type ReserveRequest,
  type VoidRequest,
} from '@kontor/contracts/quota/v1/quota';
import type { PageRequest } from '@kontor/contracts/resource/v1/resource';
import type { Clock } from '@kontor/kit/clock';
import type { Serves } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';
import { costUcr } from '@kontor/ledger/cost';
import { splitUcr, type Split } from '@kontor/ledger/subsidy';

interface Account {
  balance: bigint;
  held: bigint;
  isUnlimited: boolean;
}

interface Reservation {
  request: ReserveRequest;
  state: State;
  ucrPerDeviceHour: bigint;
  award: FakeAward | undefined;
  usedDeviceMs: bigint;
  coverDeviceMs: bigint;
  lateDeviceMs: bigint;
  cause: ChargeRecord_Cause;
}

interface AwardTerms {
  balance: bigint;
  endsAt: Date;
  budgetEnd: BudgetEnd;
}

export interface FakeAward extends Omit<AwardTerms, 'balance'> {
  projectId: string;
  id: string;
  subsidyPpm: number;
}

const AWARD = { purpose: Account_Purpose.AWARD, asset: 'CR:demo' };

/** Compute never asks this. */
export const notPlayed = (): never => {
  throw new Error('The fake ledger does not play this.');
};

type Reply = MessageInitShape<typeof ReservationSchema>;

/** A ledger in memory that keeps the contract's promises: all legs or none, each reservation resolved once. */
export class FakeQuota implements Serves<typeof QuotaService> {
  readonly reservations = new Map<string, Reservation>();
  /** How often something changed, by method and reservation. */
  readonly effects: string[] = [];
  readonly rates = new Map<string, bigint>();
  /** The most that it tells at once. */
  itemsOnPage = 500;
  readonly #accounts = new Map<string, Account>();
  readonly #awards = new Map<string, FakeAward>();
  readonly openAccount = notPlayed;
  readonly createTransfer = notPlayed;
  readonly listTransfers = notPlayed;
  readonly setRate = notPlayed;
  readonly executeBatch = notPlayed;
  readonly executeStream = notPlayed;
  readonly getReservation = notPlayed;
  readonly getChargeRecord = notPlayed;
  readonly listChargeRecords = notPlayed;
  readonly getTrialBalance = notPlayed;

  constructor(private readonly clock: Clock) {}

  grant(projectId: string, asset: string, balance: bigint | 'unlimited'): void {
    const isUnlimited = balance === 'unlimited';
    this.#accounts.set(`${projectId} ${asset}`, { balance: isUnlimited ? 0n : balance, held: 0n, isUnlimited });
  }

  /** An award of a project, which pays its share as the ledger has it. Answers its id. */
  award(projectId: string, subsidyPpm: number, { balance = 10n ** 9n, ...terms }: Partial<AwardTerms> = {}): string {
    const id = uuid7();
    this.grant(projectId, id, balance);
    const endsAt = new Date('9999-01-01T00:00:00Z');
    this.#awards.set(id, { projectId, id, subsidyPpm, endsAt, budgetEnd: BudgetEnd.STOP, ...terms });
    return id;
  }

  /** What is known of an award; a test may change it. */
  awardOf(id: string): FakeAward {
    const award = this.#awards.get(id);
    if (!award) throw Problem.notFound('award', id);
    return award;
  }

  account(projectId: string, asset: string): Account {
    const account = this.#accounts.get(`${projectId} ${asset}`);
    if (!account) throw Problem.refused('account_not_found', `The project has no account for ${asset}.`);
    return account;
  }

  async listAccounts({ project, page: asked }: ListAccountsRequest) {
    const own = [...this.#accounts].filter(([name]) => name.startsWith(`${project?.projectId} `));
    const accounts = own.map(([name, { balance, held, isUnlimited }]) => {
      const asset = name.split(' ')[1] ?? '';
      const award = this.#awards.get(asset);
      return {
        ...(award
          ? { ...AWARD, id: award.id, subsidyPpm: award.subsidyPpm, endsAt: timestampFromDate(award.endsAt) }
          : { purpose: Account_Purpose.PROJECT, asset }),
        balance,
        held,
        ...(!isUnlimited && { floor: 0n, available: balance - held }),
      };
    });
    const { items, page } = this.#page(accounts, asked);
    return { accounts: items, page };
  }

  async listRates({ page: asked }: ListRatesRequest) {
    const rates = [...this.rates].map(([acceleratorClass, ucrPerDeviceHour]) => ({
      acceleratorClass,
      ucrPerDeviceHour,
      validFrom: timestampFromDate(new Date(0)),
    }));
    const { items, page } = this.#page(rates, asked);
    return { rates: items, page };
  }

  #page<T>(all: T[], { pageSize = 50, pageToken = '' }: Partial<PageRequest> = {}) {
    const from = Number(pageToken);
    const to = from + Math.min(pageSize, this.itemsOnPage);
    return { items: all.slice(from, to), page: { nextPageToken: to < all.length ? String(to) : '' } };
  }

  async reserve(request: ReserveRequest): Promise<Reply> {
    const known = this.reservations.get(request.id);
    if (known) return this.#reply(known);
    const ucrPerDeviceHour = this.rates.get(request.acceleratorClass);
    if (ucrPerDeviceHour === undefined) throw Problem.refused('no_rate', 'There is no rate.');
    const fresh: Reservation = {
      request,
      state: State.PENDING,
      ucrPerDeviceHour,
      award: request.awardId === '' ? undefined : this.awardOf(request.awardId),
      usedDeviceMs: 0n,
      lateDeviceMs: 0n,
      coverDeviceMs: request.coverDeviceMs,
      cause: ChargeRecord_Cause.UNSPECIFIED,
    };
    if (!this.#move(fresh, NOTHING, holdingOf(fresh)))
      throw Problem.exhausted('insufficient_credits', 'Not enough is left.');
    this.reservations.set(request.id, fresh);
    this.effects.push(`reserve ${request.id}`);
    return this.#reply(fresh);
  }

  async advance({ id, usedDeviceMs, coverDeviceMs }: AdvanceRequest): Promise<Reply> {
    const found = this.#find(id);
    if (found.state !== State.PENDING) throw Problem.refused('already_ended', 'The reservation has ended.');
    this.#use(found, usedDeviceMs);
    const extended = { ...found, coverDeviceMs };
    const hasEnded = found.award !== undefined && found.award.endsAt <= this.clock.now();
    if (coverDeviceMs > found.coverDeviceMs && !hasEnded && this.#move(found, holdingOf(found), holdingOf(extended))) {
      found.coverDeviceMs = coverDeviceMs;
      this.effects.push(`advance ${id}`);
    }
    return this.#reply(found);
  }

  async post({ id, usedDeviceMs, cause }: PostRequest): Promise<Reply> {
    const found = this.#find(id);
    if (found.state === State.POSTED) return this.#reply(found);
    if (found.state === State.VOIDED) throw Problem.refused('already_voided', 'The reservation was voided.');
    this.#use(found, usedDeviceMs);
    this.#move(found, holdingOf(found), NOTHING);
    Object.assign(found, { state: State.POSTED, cause });
    this.effects.push(`post ${id}`);
    return this.#reply(found);
  }

  async void({ id }: VoidRequest): Promise<Reply> {
    const found = this.#find(id);
    if (found.state === State.VOIDED) return this.#reply(found);
    if (found.state !== State.PENDING) throw Problem.refused('already_ended', 'The reservation has ended.');
    this.#move(found, holdingOf(found), NOTHING);
    found.state = State.VOIDED;
    this.effects.push(`void ${id}`);
    return this.#reply(found);
  }

  /** Everything set aside is with an open reservation, or it is not set aside. */
  get open(): string[] {
    return [...this.reservations].filter(([, { state }]) => state === State.PENDING).map(([id]) => id);
  }

  #find(id: string): Reservation {
    const found = this.reservations.get(id);
    if (!found) throw Problem.notFound('reservation', id);
    return found;
  }

  #use(found: Reservation, usedDeviceMs: bigint): void {
    const reported = found.usedDeviceMs + found.lateDeviceMs;
    if (usedDeviceMs < reported) throw Problem.refused('use_below_posted', 'Use never shrinks.');
    const before = holdingOf(found);
    const paid = usedDeviceMs < found.coverDeviceMs ? usedDeviceMs : found.coverDeviceMs;
    const [already, now] = [costOf(found, found.usedDeviceMs), costOf(found, paid)];
    const time = paid - found.usedDeviceMs;
    Object.assign(found, { usedDeviceMs: paid, lateDeviceMs: usedDeviceMs - paid });
    this.#move(found, before, holdingOf(found));
    const { projectId, credits, deviceTime } = namesOf(found);
    this.account(projectId, credits).balance -= now.ownUcr - already.ownUcr;
    this.account(projectId, deviceTime).balance -= time;
    if (found.award) this.account(projectId, found.award.id).balance -= now.awardUcr - already.awardUcr;
  }

  /** Sets aside the difference in all accounts, or in none. */
  #move(reservation: Reservation, before: Holding, after: Holding): boolean {
    const { projectId, credits, deviceTime, slots } = namesOf(reservation);
    const legs = [
      [this.account(projectId, credits), after.credits - before.credits],
      [this.account(projectId, deviceTime), after.deviceTime - before.deviceTime],
      [this.account(projectId, slots), after.slots - before.slots],
      ...(reservation.award
        ? [[this.account(projectId, reservation.award.id), after.award - before.award] as const]
        : []),
    ] as const;
    if (legs.some(([{ balance, held, isUnlimited }, more]) => !isUnlimited && more > 0n && balance - held < more))
      return false;
    for (const [account, more] of legs) account.held += more;
    return true;
  }

  #reply({ request, state, ucrPerDeviceHour, usedDeviceMs, coverDeviceMs, lateDeviceMs }: Reservation): Reply {
    const { project, id, acceleratorClass, slots } = request;
    return {
      ...(project && { project }),
      id,
      state,
      acceleratorClass,
      slots,
      ucrPerDeviceHour,
      usedDeviceMs,
      coverDeviceMs,
      lateDeviceMs,
    };
  }
}

interface Holding {
  credits: bigint;
  award: bigint;
  deviceTime: bigint;
  slots: bigint;
}

const NOTHING: Holding = { credits: 0n, award: 0n, deviceTime: 0n, slots: 0n };

function holdingOf(reservation: Reservation): Holding {
  const { coverDeviceMs, usedDeviceMs, request } = reservation;
  const [used, covered] = [costOf(reservation, usedDeviceMs), costOf(reservation, coverDeviceMs)];
  return {
    credits: covered.ownUcr - used.ownUcr,
    award: covered.awardUcr - used.awardUcr,
    deviceTime: coverDeviceMs - usedDeviceMs,
    slots: BigInt(request.slots),
  };
}

const costOf = ({ ucrPerDeviceHour, award }: Reservation, deviceMs: bigint): Split =>
  splitUcr(costUcr(deviceMs, ucrPerDeviceHour), award?.subsidyPpm ?? 0);

const namesOf = ({ request: { project, acceleratorClass } }: Reservation) => ({
  projectId: project?.projectId ?? '',
  credits: 'CR:demo',
  deviceTime: `DEVICE_MS:${acceleratorClass}`,
  slots: `SLOTS:${acceleratorClass}`,
});
