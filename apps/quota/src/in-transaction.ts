import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { databaseProblem } from './database-problem.ts';

/**
 * Failures that another writer caused and that a second look resolves: serialisation, deadlock, and a row that another
 * replica inserted under the same id, which the second look then finds.
 */
const RACES = new Set(['40001', '40P01', '23505']);
const ATTEMPTS_MAX = 5;

/** What happens in one transaction: by prepared statements on the client or, where speed is no matter, the manager. */
type Work<T> = (client: ClientBase, manager: EntityManager) => Promise<T>;

/**
 * Runs work in one transaction on one `pg` client, so that its statements are prepared once per connection. Work runs
 * again after a race, so it must have no effect outside the transaction.
 *
 * @throws Problem `ledger_unavailable` when the database is away; what was committed is then unknown to the caller
 */
export async function inTransaction<T>(dataSource: DataSource, work: Work<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(dataSource, work);
    } catch (error) {
      const isRace = RACES.has(String((error as { code?: unknown }).code));
      if (attempt === ATTEMPTS_MAX || !isRace) throw databaseProblem(error);
      // With jitter, so that the two who met do not meet again.
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

async function once<T>(dataSource: DataSource, work: Work<T>): Promise<T> {
  await using runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as ClientBase;
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    const result = await work(client, runner.manager);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A lost connection cannot roll back and need not: the server does.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
