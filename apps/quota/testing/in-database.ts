import pg from 'pg';
import { LEDGER_ROLE } from '../src/ledger-database.ts';

/** Asks the database itself, as one of its roles; unless the address says otherwise, in the scope of all tenants. */
export async function ask<T extends object>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ options: '-c kontor.all=on', connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** The same database for the service's connections that write. */
export function asLedger(url: string): string {
  const other = new URL(url);
  other.searchParams.set('options', `-c role=${LEDGER_ROLE}`);
  return other.href;
}
