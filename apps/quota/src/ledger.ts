import type { GetReservationRequest } from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Clock } from '@kontor/kit/clock';
import { failpoint } from '@kontor/kit/failpoint';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { lateRoutes, legRoutes } from './account-id.ts';
import { Accounts } from './accounts.ts';
import { QuotaConfig } from './config.ts';
import { decide, type Order } from './decide/decide.ts';
import type { Decision } from './decide/decision.ts';
import { inTransaction } from './in-transaction.ts';
import { memo } from './memo.ts';
import { lockAccounts, ratesInForce, readReservations } from './read-snapshot.ts';
import { keyOf, projectOf, type Reservation } from './reservation.ts';
import { writeEffects } from './write-effects.ts';

/** Carries out batches of commands, each batch in one transaction. */
@Injectable()
export class Ledger {
  constructor(
    private readonly dataSource: DataSource, private readonly clock: Clock, private readonly accounts: Accounts,
    private readonly config: QuotaConfig,
  ) {}

  private readonly legRoutes = memo(
    ({ tenantId, projectId }, acceleratorClass) => `${tenantId}/${projectId}/${acceleratorClass}`,
    (project: ProjectRef, acceleratorClass: string) => legRoutes(this.config.operator, project, acceleratorClass));

  private readonly lateRoutes = memo((acceleratorClass) => acceleratorClass,
    (acceleratorClass: string) => lateRoutes(this.config.operator, acceleratorClass));

  /** Decides orders in their sequence and makes what they change durable; answers one decision for each. */
  async execute(orders: Order[]): Promise<Decision[]> {
    failpoint('quota.before-begin');
    const results = await inTransaction(this.dataSource, (client) => this.executeOn(client, orders));
    failpoint('quota.after-commit');
    return results;
  }

  /** One reservation as it is. @throws Problem `reservation_not_found`, also where it is another project's */
  async find(request: GetReservationRequest): Promise<Reservation> {
    const { tenantId, projectId } = projectOf(request);
    const keys = { tenantIds: [tenantId], ids: [request.id] };
    const found = await inTransaction(this.dataSource, (client) => readReservations(client, keys));
    const reservation = found.get(keyOf(tenantId, request.id));
    if (reservation?.projectId !== projectId) throw Problem.notFound('reservation', request.id);
    return reservation;
  }

  private async executeOn(client: ClientBase, orders: Order[]): Promise<Decision[]> {
    const now = this.clock.now();
    const rates = await ratesInForce(client, classesOf(orders), now);
    await this.accounts.openForClasses([...rates.keys()]);
    const accounts = await lockAccounts(client, await this.accountIds(client, orders));
    failpoint('quota.after-lock');
    // Only now, in a statement of its own: what was read before the locks may have changed while waiting for them.
    const reservations = await readReservations(client, keysOf(orders));
    const decided = decide(orders, {
      now, accounts, reservations, rateOf: (acceleratorClass) => rates.get(acceleratorClass),
      legRoutes: this.legRoutes, lateRoutes: this.lateRoutes,
    });
    await writeEffects(client, decided, now);
    failpoint('quota.before-commit');
    return decided.results;
  }

  /** Every account that the orders may touch. A reservation's own never change: they may be read before the locks. */
  private async accountIds(client: ClientBase, orders: Order[]): Promise<string[]> {
    const ids = new Set<string>();
    const later = orders.filter(({ command }) => command.case !== 'reserve');
    const laterKeys = new Set(later.map(keyOfOrder));
    for (const order of orders) {
      if (order.command.case !== 'reserve') continue;
      const { acceleratorClass } = order.command.value;
      const resolvedAtOnce = laterKeys.has(keyOfOrder(order));
      for (const route of this.legRoutes(projectOf(order.command.value), acceleratorClass)) {
        ids.add(route.debitAccountId);
        if (resolvedAtOnce) ids.add(route.creditAccountId);
      }
      if (resolvedAtOnce) for (const { debitAccountId } of this.lateRoutes(acceleratorClass)) ids.add(debitAccountId);
    }
    if (later.length === 0) return [...ids];
    for (const { legs, acceleratorClass } of (await readReservations(client, keysOf(later))).values()) {
      for (const { debitAccountId, creditAccountId } of legs) ids.add(debitAccountId).add(creditAccountId);
      for (const { debitAccountId } of this.lateRoutes(acceleratorClass)) ids.add(debitAccountId);
    }
    return [...ids];
  }
}

const classesOf = (orders: Order[]): string[] => [...new Set(orders.flatMap(({ command }) =>
  command.case === 'reserve' ? [command.value.acceleratorClass] : []))];

const keyOfOrder = ({ command: { value } }: Order): string => keyOf(projectOf(value).tenantId, value.id);

/** Each reservation that the orders name, once. */
function keysOf(orders: Order[]): { tenantIds: string[]; ids: string[] } {
  const unique = [...new Map(orders.map((order) => [keyOfOrder(order), order.command.value])).values()];
  return { tenantIds: unique.map((value) => projectOf(value).tenantId), ids: unique.map(({ id }) => id) };
}
