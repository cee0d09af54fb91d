import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientBase, QueryConfig } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { databaseProblem } from './database-problem.ts';

/** One transaction, by prepared statements on the client or, where speed is no matter, by the manager. */
export interface Transaction {
  client: ClientBase;
  manager: EntityManager;
  /** Sends a write without waiting for it: it travels with what follows, and the commit waits for all of them. */
  send(write: QueryConfig): void;
}

/**
 * Failures that another writer caused and that a second look resolves: serialisation, deadlock, and a row that another
 * replica inserted under the same id, which the second look then finds.
 */
const RACES = new Set(['40001', '40P01', '23505']);
const ATTEMPTS_MAX = 5;

/**
 * Runs work in one transaction on one `pg` client, so that its statements are prepared once per connection. Work runs
 * again after a race, so it must have no effect outside the transaction.
 *
 * @throws Problem `ledger_unavailable` when the database is away; what was committed is then unknown to the caller; or
 * `ledger_busy` where others were in the way each time
 */
export async function inTransaction<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
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

async function once<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
  await using runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as Client;
  const sent: Promise<unknown>[] = [];
  const send = (write: QueryConfig): void => {
    gather(client);
    const written = client.query(write);
    // Whoever awaits them all sees the failure; until then nobody must be told that nobody caught it.
    written.catch(() => undefined);
    sent.push(written);
  };
  try {
    send({ text: 'BEGIN ISOLATION LEVEL READ COMMITTED' });
    const result = await work({ client, manager: runner.manager, send });
    gather(client);
    const [{ command }] = await Promise.all([client.query('COMMIT'), ...sent]);
    // PostgreSQL answers a commit after a failed statement with a roll-back, and no error.
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}.`);
    return result;
  } catch (error) {
    // A lost connection cannot roll back and need not: the server does.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** What is sent in this turn of the event loop leaves as one packet, so that the database wakes once for all of it. */
function gather({ connection: { stream } }: Client): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}
