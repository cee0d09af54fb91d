import type { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { costUcr } from './cost.ts';
import { fitsInt64 } from './int64.ts';
import { splitUcr, WHOLE_PPM } from './subsidy.ts';

/** Why a job can end. */
export type ModelCause = Exclude<keyof typeof Cause, 'UNSPECIFIED'>;

/** Commands in the plainest form: ids and names are strings, instants are milliseconds. */
export type ModelCommand = { project: string; id: string } & (
  | {
      kind: 'reserve';
      acceleratorClass: string;
      slots: bigint;
      cover: bigint;
      timeoutMs: bigint;
      award?: string | undefined;
    }
  | { kind: 'advance'; used: bigint; cover: bigint; timeoutMs: bigint }
  | { kind: 'post'; used: bigint; cause: ModelCause }
  | { kind: 'void' }
  | { kind: 'expire' }
);

type Command<K extends ModelCommand['kind']> = Extract<ModelCommand, { kind: K }>;

/** What a programme granted; its account is named after it, `award/asset`. */
export interface ModelAward {
  project: string;
  subsidyPpm: number;
  endsAtMs: bigint;
}

export interface ModelReservation {
  asked: Command<'reserve'>;
  rate: bigint;
  subsidyPpm: number;
  state: 'PENDING' | 'POSTED' | 'VOIDED' | 'EXPIRED';
  used: bigint;
  cover: bigint;
  late: bigint;
  waived: bigint;
  cause?: ModelCause;
  expiresAtMs: bigint;
}

interface Movement {
  debit: string;
  credit: string;
  amount: bigint;
}

/** Signals a refusal; the command then has no effect. */
class Refusal extends Error {}

/**
 * The ledger as anyone would write it on a sheet of paper: one command at a time, every balance summed anew from all
 * movements, everything set aside summed anew from all open reservations. It is slow and obviously right; the real
 * ledger is tested against it. Accounts are named `owner/asset`, where the owner is a project or a purpose.
 */
export class ReferenceLedger {
  readonly reservations = new Map<string, ModelReservation>();
  readonly floors = new Map<string, bigint>();
  readonly rates = new Map<string, bigint>();
  readonly awards = new Map<string, ModelAward>();
  private readonly movements: Movement[] = [];

  constructor(private readonly credits: string) {}

  /** Opens a project's account and grants it an amount. */
  fund(project: string, asset: string, amount: bigint, floor = 0n): void {
    this.floors.set(`${project}/${asset}`, floor);
    this.movements.push({ debit: `TREASURY/${asset}`, credit: `${project}/${asset}`, amount });
  }

  /** Carries out one command: 'ok', or the code of the problem that refuses it. */
  execute(command: ModelCommand, nowMs: bigint): string {
    const movementsBefore = this.movements.length;
    const before = this.reservations.get(command.id);
    try {
      const after = this.decide(command, before && { ...before }, nowMs);
      this.reservations.set(command.id, after);
      if (!this.numbersFit()) throw new Refusal('amount_overflow');
      return 'ok';
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.movements.length = movementsBefore;
      if (before) this.reservations.set(command.id, before);
      else this.reservations.delete(command.id);
      return refusal.message;
    }
  }

  accounts(): Set<string> {
    return new Set([...this.floors.keys(), ...this.movements.flatMap(({ debit, credit }) => [debit, credit])]);
  }

  balance(account: string): bigint {
    return this.movements.reduce(
      (sum, { debit, credit, amount }) => sum + (credit === account ? amount : 0n) - (debit === account ? amount : 0n),
      0n,
    );
  }

  held(account: string): bigint {
    return [...this.reservations.values()].reduce(
      (sum, reservation) => sum + (this.setAside(reservation).get(account) ?? 0n),
      0n,
    );
  }

  private decide(command: ModelCommand, found: ModelReservation | undefined, nowMs: bigint): ModelReservation {
    if (command.kind === 'reserve') return this.reserve(command, found, nowMs);
    if (!found || found.asked.project !== command.project) throw new Refusal('reservation_not_found');
    switch (command.kind) {
      case 'advance':
        return this.advance(command, found, nowMs);
      case 'post':
        return this.post(command, found);
      case 'void':
        return this.void(found);
      case 'expire':
        return isDue(found, nowMs) ? { ...found, state: 'EXPIRED' } : found;
    }
  }

  private reserve(asked: Command<'reserve'>, found: ModelReservation | undefined, nowMs: bigint): ModelReservation {
    if (found) return same(found, asked);
    const rate = this.rates.get(asked.acceleratorClass);
    if (rate === undefined) throw new Refusal('no_rate');
    const fresh: ModelReservation = {
      asked,
      rate,
      subsidyPpm: this.subsidyOf(asked, nowMs),
      state: 'PENDING',
      used: 0n,
      cover: asked.cover,
      late: 0n,
      waived: 0n,
      expiresAtMs: nowMs + asked.timeoutMs,
    };
    const needs = this.setAside(fresh);
    if ([...needs.keys()].some((account) => !this.floors.has(account))) throw new Refusal('account_not_found');
    if (!coverFits(fresh)) throw new Refusal('amount_overflow');
    const short = [...needs].find(([account, amount]) => amount > this.available(account));
    if (short) throw new Refusal(this.insufficient(short[0]));
    return fresh;
  }

  private subsidyOf({ project, award }: Command<'reserve'>, nowMs: bigint): number {
    if (award === undefined) return 0;
    const found = this.awards.get(award);
    if (found?.project !== project) throw new Refusal('award_not_found');
    if (found.endsAtMs <= nowMs) throw new Refusal('award_ended');
    return found.subsidyPpm;
  }

  private hasAwardEnded({ asked: { award } }: ModelReservation, nowMs: bigint): boolean {
    const found = award === undefined ? undefined : this.awards.get(award);
    return found !== undefined && found.endsAtMs <= nowMs;
  }

  private advance(command: Command<'advance'>, found: ModelReservation, nowMs: bigint): ModelReservation {
    if (found.state !== 'PENDING') throw new Refusal(`already_${found.state.toLowerCase()}`);
    if (command.used < found.used + found.late) return found;
    const now = { ...this.use(found, command.used), expiresAtMs: nowMs + command.timeoutMs };
    if (command.cover <= now.cover || this.hasAwardEnded(found, nowMs)) return now;
    // From here on the use is posted, so what is set aside is judged as if it were already.
    this.reservations.set(command.id, now);
    const extended = { ...now, cover: command.cover };
    const [present, wanted] = [this.setAside(now), this.setAside(extended)];
    if (!coverFits(extended)) throw new Refusal('amount_overflow');
    const isShort = [...wanted].some(
      ([account, amount]) => amount - (present.get(account) ?? 0n) > this.available(account),
    );
    return isShort ? now : extended;
  }

  private post(command: Command<'post'>, found: ModelReservation): ModelReservation {
    if (found.state === 'VOIDED') throw new Refusal('already_voided');
    const recorded = found.used + found.late + found.waived;
    if (found.state === 'POSTED') {
      if (recorded !== command.used) throw new Refusal('exists_with_different_used_device_ms');
      if (found.cause !== command.cause) throw new Refusal('exists_with_different_cause');
      return found;
    }
    if (command.used < recorded) throw new Refusal('use_below_posted');
    const final = this.use(found, command.used);
    const posted: ModelReservation = { ...final, state: 'POSTED', cause: command.cause };
    if (command.cause !== 'SITE') return posted;
    this.payBetween(final, final.used, 0n);
    return { ...posted, used: 0n, waived: final.used };
  }

  private void(found: ModelReservation): ModelReservation {
    if (found.state === 'POSTED') throw new Refusal('already_posted');
    if (found.used + found.late > 0n) throw new Refusal('already_used');
    return { ...found, state: 'VOIDED' };
  }

  /** Use up to cover is the project's, the rest is the operator's. */
  private use(found: ModelReservation, total: bigint): ModelReservation {
    const more = total - found.used - found.late;
    const open = found.state === 'PENDING' ? ahead(found) : 0n;
    const paid = more < open ? more : open;
    const after = { ...found, used: found.used + paid, late: found.late + more - paid };
    this.payBetween(found, found.used, after.used);
    const { acceleratorClass } = found.asked;
    this.pay('LATE_USAGE', this.credits, costUcr(after.late, found.rate) - costUcr(found.late, found.rate));
    this.pay('LATE_USAGE', `DEVICE_MS:${acceleratorClass}`, more - paid);
    return after;
  }

  /** What use from one total to another costs its payers, or gives back to them. */
  private payBetween({ asked, rate, subsidyPpm }: ModelReservation, from: bigint, to: bigint): void {
    const [was, is] = [splitUcr(costUcr(from, rate), subsidyPpm), splitUcr(costUcr(to, rate), subsidyPpm)];
    if (asked.award !== undefined) this.pay(asked.award, this.credits, is.awardUcr - was.awardUcr);
    this.pay(asked.project, this.credits, is.ownUcr - was.ownUcr);
    this.pay(asked.project, `DEVICE_MS:${asked.acceleratorClass}`, to - from);
  }

  /** Moves an amount to the operator's revenue, or back where it is negative. */
  private pay(owner: string, asset: string, amount: bigint): void {
    if (amount !== 0n) this.movements.push({ debit: `${owner}/${asset}`, credit: `REVENUE/${asset}`, amount });
  }

  private setAside(reservation: ModelReservation): Map<string, bigint> {
    if (reservation.state !== 'PENDING') return new Map();
    const {
      asked: { project, acceleratorClass, slots, award },
      used,
      rate,
      subsidyPpm,
    } = reservation;
    const open = ahead(reservation);
    const [was, is] = [splitUcr(costUcr(used, rate), subsidyPpm), splitUcr(costUcr(used + open, rate), subsidyPpm)];
    const own: [string, bigint][] = [[`${project}/${this.credits}`, is.ownUcr - was.ownUcr]];
    return new Map([
      ...(award === undefined ? [] : [[`${award}/${this.credits}`, is.awardUcr - was.awardUcr] as const]),
      // An award that pays the whole leaves nothing to the project, not even the need for an account.
      ...(subsidyPpm === WHOLE_PPM ? [] : own),
      [`${project}/DEVICE_MS:${acceleratorClass}`, open],
      [`${project}/SLOTS:${acceleratorClass}`, slots],
    ]);
  }

  private insufficient(account: string): string {
    const [owner = '', asset = ''] = account.split('/');
    if (this.awards.has(owner)) return 'insufficient_award';
    return `insufficient_${asset.startsWith('CR:') ? 'credits' : asset.startsWith('SLOTS:') ? 'slots' : 'device_time'}`;
  }

  private numbersFit(): boolean {
    const ofAccounts = [...this.accounts()].flatMap((account) => {
      const [balance, held] = [this.balance(account), this.held(account)];
      return [balance, held, balance - held];
    });
    return [...ofAccounts, ...this.movements.map(({ amount }) => amount)].every(fitsInt64);
  }

  private available(account: string): bigint {
    return this.balance(account) - this.held(account) - (this.floors.get(account) ?? 0n);
  }
}

function same(found: ModelReservation, asked: Command<'reserve'>): ModelReservation {
  const names = {
    project: 'project',
    acceleratorClass: 'accelerator_class',
    slots: 'slots',
    cover: 'cover_device_ms',
    timeoutMs: 'timeout_ms',
    award: 'award_id',
  } as const;
  for (const [field, name] of Object.entries(names) as [keyof typeof names, string][]) {
    if (found.asked[field] !== asked[field]) throw new Refusal(`exists_with_different_${name}`);
  }
  return found;
}

const isDue = ({ state, expiresAtMs }: ModelReservation, nowMs: bigint): boolean =>
  state === 'PENDING' && expiresAtMs <= nowMs;

const ahead = ({ cover, used, late }: ModelReservation): bigint => (cover > used + late ? cover - used - late : 0n);

const coverFits = (reservation: ModelReservation): boolean =>
  fitsInt64(costUcr(reservation.used + ahead(reservation), reservation.rate));
