import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GetReportRequest_By as By } from '@kontor/contracts/quota/v1/budget';
import pg from 'pg';
import { ROOT } from '../start/settings.ts';

/** What the service asks, as it was built. */
interface ReportSql {
  READING: string;
  RUNNING: string;
  reportSql(by: By): string;
}

interface Months {
  wholeMonths(from: Date, to: Date): [Date, Date];
}

/** What the service reads where nobody says otherwise, and one to see whether there is more. */
const PAGE_SIZE = 50;

export interface Wanted {
  by: By;
  tenantId?: string;
  from?: Date;
  to?: Date;
}

/** A client of PostgreSQL that sends a report's statements and nothing else; the superuser's, so without policies. */
export async function rawReports(databaseUrl: string) {
  const built = (name: string) => import(pathToFileURL(join(ROOT, 'apps/quota/dist/src/budgets', `${name}.js`)).href);
  const { READING, RUNNING, reportSql } = (await built('report-sql')) as ReportSql;
  const { wholeMonths } = (await built('whole-months')) as Months;
  const client = new pg.Client(databaseUrl);
  await client.connect();
  return {
    client,
    async report({ by, tenantId, from = new Date(0), to = new Date('9999-12-31T23:59:59.999Z') }: Wanted) {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await client.query(READING);
      const values = [tenantId, from, to, ...wholeMonths(from, to), null, PAGE_SIZE + 1];
      const { rows } = await client.query<{ key: string | null }>(reportSql(by), values);
      await client.query(RUNNING, [tenantId, 'CR:demo']);
      await client.query('COMMIT');
      return rows;
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
