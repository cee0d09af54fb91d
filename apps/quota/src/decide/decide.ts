import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import type { Route } from '../account-id.ts';
import { keyOf, type Reservation } from '../reservation.ts';
import { advance } from './advance.ts';
import { Books, type Hold } from './books.ts';
import type { AccountState, Decision, LedgerCommand, View } from './decision.ts';
import { expire } from './expire.ts';
import { post } from './post.ts';
import { reserve } from './reserve.ts';
import { transfersOf, type NewTransfer } from './transfers-of.ts';
import { voidReservation } from './void.ts';

/** A command and the service that gave it. */
export interface Order {
  command: LedgerCommand;
  actor: string;
}

/** Everything the commands of a batch depend on, read under the locks of their accounts. */
export interface Snapshot extends Omit<View, 'account'> {
  accounts: ReadonlyMap<string, AccountState>;
  /** By `keyOf`. */
  reservations: ReadonlyMap<string, Reservation>;
  lateRoutes(acceleratorClass: string): Route[];
}

/** One command that changed something. */
export interface Change extends Order {
  before: Reservation | undefined;
  after: Reservation;
  transfers: NewTransfer[];
}

export interface Decided {
  /** For each command, in order: the reservation as it is after it, or why not. */
  results: Decision[];
  changes: Change[];
  /** Net movement of each account. */
  accounts: { id: string; balance: bigint; held: bigint }[];
}

/** Decides commands in the order in which they came, each on what the ones before it left. Pure. */
export function decide(orders: readonly Order[], snapshot: Snapshot): Decided {
  const books = new Books(snapshot.accounts);
  const reservations = new Map(snapshot.reservations);
  const view: View = {
    now: snapshot.now,
    rateOf: snapshot.rateOf,
    legRoutes: snapshot.legRoutes,
    account: (id) => books.account(id),
  };
  const changes: Change[] = [];
  const results = orders.map((order): Decision => {
    const { tenantId } = projectOf(order.command.value);
    const key = keyOf(tenantId, order.command.value.id);
    const before = reservations.get(key);
    const decision = decideOne(order.command, before, view);
    if (decision instanceof Problem || decision === before) return decision;
    const late = snapshot.lateRoutes(decision.acceleratorClass);
    const transfers = before ? transfersOf(before, decision, late, snapshot.now) : [];
    const problem = books.enter(holdsOf(before, decision), transfers);
    if (problem) return problem;
    reservations.set(key, decision);
    changes.push({ ...order, before, after: decision, transfers });
    return decision;
  });
  return { results, changes, accounts: books.differences() };
}

const holdsOf = (before: Reservation | undefined, after: Reservation): Hold[] =>
  after.legs.map(({ debitAccountId, held }, n) => ({
    accountId: debitAccountId,
    more: held - (before?.legs[n]?.held ?? 0n),
  }));

function decideOne(command: LedgerCommand, found: Reservation | undefined, view: View): Decision {
  if (command.case === 'reserve') return reserve(command.value, found, view);
  if (found?.projectId !== projectOf(command.value).projectId) return Problem.notFound('reservation', command.value.id);
  switch (command.case) {
    case 'advance':
      return advance(command.value, found, view);
    case 'post':
      return post(command.value, found);
    case 'void':
      return voidReservation(found);
    case 'expire':
      return expire(found, view.now);
  }
}
