import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { projectOf } from '@kontor/kit/project-of';
import type { ClientBase } from 'pg';
import { lateRoutes, legRoutes, type Route } from './account-id.ts';
import type { Order } from './decide/decide.ts';
import { memo } from './memo.ts';
import { readReservations } from './read-snapshot.ts';
import { keyOf, type Reservation } from './reservation.ts';

/** Most reservations that are remembered. */
const SIZE_MAX = 50_000;

/**
 * Which accounts a batch may touch, so that all of them can be locked in one statement. What a reservation touches
 * never changes, so it is remembered; should it be remembered wrongly, `decide` finds an account that is not locked.
 */
export class AccountsToLock {
  private readonly remembered = new Map<string, string[]>();

  constructor(private readonly operator: string) {}

  readonly legRoutes = memo(
    ({ tenantId, projectId }, acceleratorClass, awardId) =>
      `${tenantId}/${projectId}/${acceleratorClass}/${awardId ?? ''}`,
    (project: ProjectRef, acceleratorClass: string, awardId: string | null): Route[] =>
      legRoutes(this.operator, project, acceleratorClass, awardId),
  );

  readonly lateRoutes = memo(
    (acceleratorClass) => acceleratorClass,
    (acceleratorClass: string): Route[] => lateRoutes(this.operator, acceleratorClass),
  );

  /** Ids of the accounts, each once. Reads reservations that are not remembered. */
  async of(client: ClientBase, orders: Order[]): Promise<string[]> {
    const ids = new Set<string>();
    const later = orders.filter(({ command }) => command.case !== 'reserve');
    const laterKeys = new Set(later.map(keyOfOrder));
    for (const order of orders) {
      if (order.command.case !== 'reserve') continue;
      const { acceleratorClass, awardId } = order.command.value;
      const routes = this.legRoutes(projectOf(order.command.value), acceleratorClass, awardId || null);
      for (const { debitAccountId } of routes) ids.add(debitAccountId);
      // Only what is used or ended in the same batch moves anything to the operator's accounts.
      if (laterKeys.has(keyOfOrder(order))) this.all(routes, acceleratorClass).forEach((id) => ids.add(id));
    }
    const unknown = later.filter((order) => !this.remembered.has(keyOfOrder(order)));
    if (unknown.length > 0) this.remember(await readReservations(client, keysOf(unknown)));
    for (const key of laterKeys) this.remembered.get(key)?.forEach((id) => ids.add(id));
    return [...ids];
  }

  forget(orders: Order[]): void {
    for (const order of orders) this.remembered.delete(keyOfOrder(order));
  }

  private remember(reservations: Map<string, Reservation>): void {
    if (this.remembered.size >= SIZE_MAX) this.remembered.clear();
    for (const [key, { legs, acceleratorClass }] of reservations) {
      this.remembered.set(key, this.all(legs, acceleratorClass));
    }
  }

  private all(legs: Route[], acceleratorClass: string): string[] {
    const late = this.lateRoutes(acceleratorClass).map(({ debitAccountId }) => debitAccountId);
    return [...legs.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]), ...late];
  }
}

const keyOfOrder = ({ command: { value } }: Order): string => keyOf(projectOf(value).tenantId, value.id);

/** Each reservation that the orders name, once. */
export function keysOf(orders: Order[]): { tenantIds: string[]; ids: string[] } {
  const unique = [...new Map(orders.map((order) => [keyOfOrder(order), order.command.value])).values()];
  return { tenantIds: unique.map((value) => projectOf(value).tenantId), ids: unique.map(({ id }) => id) };
}
