import type { GetReservationRequest } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { failpoint } from '@kontor/kit/failpoint';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { enterScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Accounts } from './accounts.ts';
import { AccountsToLock, keysOf } from './accounts-to-lock.ts';
import { QuotaConfig } from './config.ts';
import { NotLocked } from './decide/books.ts';
import { decide, type Decided, type Order, type Snapshot } from './decide/decide.ts';
import type { Decision } from './decide/decision.ts';
import { inTransaction, type Transaction } from './in-transaction.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { lockStates, ratesSince, readReservations } from './read-snapshot.ts';
import { keyOf, type Reservation } from './reservation.ts';
import { writeEffects } from './write-effects.ts';

/** Carries out batches of commands, each batch in one transaction. */
@Injectable()
export class Ledger {
  private readonly accountsToLock: AccountsToLock;

  constructor(
    private readonly database: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly accounts: Accounts,
    config: QuotaConfig,
  ) {
    this.accountsToLock = new AccountsToLock(config.operator);
  }

  /** Decides orders in their sequence and makes what they change durable; answers one decision for each. */
  async execute(orders: Order[]): Promise<Decision[]> {
    failpoint('quota.before-begin');
    // Whatever is to be reserved is taken for new. Where it is not, inserting it fails, and the second try looks first.
    let areNew = true;
    await this.accounts.openForClasses(classesOf(orders));
    const results = await inTransaction(this.database, (tx) => {
      const work = this.executeOn(tx, orders, areNew);
      areNew = false;
      return work;
    });
    failpoint('quota.after-commit');
    return results;
  }

  /** One reservation as it is. @throws Problem `reservation_not_found`, also where it is another project's */
  async find(request: GetReservationRequest): Promise<Reservation> {
    const { tenantId, projectId } = projectOf(request);
    const keys = { tenantIds: [tenantId], ids: [request.id] };
    const found = await inTransaction(this.dataSource, async ({ client, manager }) => {
      await enterScope(manager, { tenantId });
      return readReservations(client, keys);
    });
    const reservation = found.get(keyOf(tenantId, request.id));
    if (reservation?.projectId !== projectId) throw Problem.notFound('reservation', request.id);
    return reservation;
  }

  private async executeOn({ client, send }: Transaction, orders: Order[], areNew: boolean): Promise<Decision[]> {
    const accountIds = await this.accountsToLock.of(client, orders);
    const ofExisting = areNew ? orders.filter(({ command }) => command.case !== 'reserve') : orders;
    // Sent together, carried out one after the other: each statement sees what was committed while the one before it
    // waited, so what is read after the locks is as it will be until the commit.
    const [rates, accounts, reservations] = await Promise.all([
      ratesSince(client, classesOf(orders), this.clock.now()),
      lockStates(client, accountIds),
      readReservations(client, keysOf(ofExisting)),
    ]);
    failpoint('quota.after-lock');
    // Whoever waits for the same accounts dates what it writes later: a statement that was given out stands.
    const now = this.clock.now();
    const { legRoutes, lateRoutes } = this.accountsToLock;
    const rateOf = (acceleratorClass: string): bigint | undefined =>
      this.accounts.areOpenFor(acceleratorClass) ? rates(acceleratorClass, now) : undefined;
    const snapshot = { now, accounts, reservations, rateOf, legRoutes, lateRoutes };
    let decided = this.decide(orders, snapshot);
    // Who is refused may have been here before, and has what was asked for.
    if (areNew && decided.results.some((result) => result instanceof Problem)) {
      decided = this.decide(orders, { ...snapshot, reservations: await readReservations(client, keysOf(orders)) });
    }
    writeEffects(send, decided, now);
    failpoint('quota.before-commit');
    return decided.results;
  }

  private decide(orders: Order[], snapshot: Snapshot): Decided {
    try {
      return decide(orders, snapshot);
    } catch (error) {
      // Another replica made a reservation after its accounts were looked up here: they are looked up again.
      if (error instanceof NotLocked) this.accountsToLock.forget(orders);
      throw error;
    }
  }
}

const classesOf = (orders: Order[]): string[] => [
  ...new Set(orders.flatMap(({ command }) => (command.case === 'reserve' ? [command.value.acceleratorClass] : []))),
];
