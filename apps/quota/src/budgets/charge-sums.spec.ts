import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { GetReportRequest_By as By, type ReportRow } from '@kontor/contracts/quota/v1/budget';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { migrate } from '@kontor/postgres/migrate';
import { testDatabase } from '@kontor/testing/database';
import fc from 'fast-check';
import { DAY_MS, staff } from '../../testing/awards.ts';
import { asLedger, ask } from '../../testing/in-database.ts';
import { CLASS, fundedProject, quotaUnderTest } from '../../testing/quota-under-test.ts';
import database from '../database.ts';

/** The sums as the charges themselves give them, and those that are kept; amounts past what a bigint holds included. */
const AFRESH = `SELECT tenant_id, project_id, award_id, accelerator_class,
    to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM-01') AS month, count(*) AS jobs, sum(device_ms) AS device_ms,
    sum(late_device_ms) AS late_device_ms, sum(cost_ucr) AS cost_ucr,
    sum(div(cost_ucr::numeric * subsidy_ppm, 1000000)) AS award_ucr
  FROM charge_record GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;
const KEPT = `SELECT tenant_id, project_id, award_id, accelerator_class, month::text AS month, jobs,
    device_ms::text AS device_ms, late_device_ms::text AS late_device_ms, cost_ucr::text AS cost_ucr,
    award_ucr::text AS award_ucr FROM charge_sum ORDER BY 1, 2, 3, 4, 5`;

describe('the sums of charges', () => {
  it('are those of the charges, however many replicas end jobs at once', async () => {
    await using quota = await quotaUnderTest();
    await using other = await quota.replica();
    const projects = [quota.project, await fundedProject(quota.gateway), await fundedProject(quota.gateway)];
    for (let month = 0; month < 3; month++) {
      await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const project = projects[n % projects.length] ?? quota.project;
          const { compute } = n % 2 === 0 ? quota : other;
          const terms = { ...quota.terms(uuid7(), 100n), project };
          await compute.reserve(terms);
          await compute.post({ project, id: terms.id, usedDeviceMs: BigInt(n + month), cause: Cause.USER });
        }),
      );
      quota.clock.advance(31 * Number(DAY_MS));
    }
    const kept = await ask(quota.database.ownerUrl, KEPT);
    expect(kept).toEqual(await ask(quota.database.ownerUrl, AFRESH));
    expect(kept).toHaveLength(9);
  });

  it('can be changed neither where the service reads nor, but for the amounts, where it writes', async () => {
    await using quota = await testDatabase('quota', database.migrations);
    const never = [
      'DELETE FROM charge_sum',
      'TRUNCATE charge_sum',
      'UPDATE charge_sum SET month = month',
      'DROP TRIGGER sum_charges ON charge_record',
    ];
    const refused = /permission denied|must be owner/;
    for (const sql of never) await expect(ask(asLedger(quota.url), sql)).rejects.toThrow(refused);
    for (const sql of [...never, 'UPDATE charge_sum SET jobs = 0', 'INSERT INTO charge_sum SELECT * FROM charge_sum']) {
      await expect(ask(quota.url, sql)).rejects.toThrow(refused);
    }
  });

  it('are made of the charges that were there before them', async () => {
    const before = database.migrations.filter(({ name }) => !name.startsWith('ChargeSums'));
    await using quota = await testDatabase('quota', before);
    await ask(quota.ownerUrl, charges(500));
    await migrate({ ...database, url: quota.ownerUrl });
    await ask(quota.ownerUrl, charges(500));
    const kept = await ask(quota.ownerUrl, KEPT);
    expect(kept).toEqual(await ask(quota.ownerUrl, AFRESH));
    expect(kept.length).toBeGreaterThan(100);
  });
});

describe('a report', () => {
  it('of any interval has what the charges in it add up to', async () => {
    await using quota = await quotaUnderTest();
    await ask(quota.database.ownerUrl, charges(400));
    const { budgets } = quota.for(staff());
    const instant = fc.date({ min: new Date('2029-11-20Z'), max: new Date('2030-06-10Z'), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(instant, instant, fc.constantFrom(...Object.values(KEYS)), async (a, b, by) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const interval = { from: timestampFromDate(from), to: timestampFromDate(to) };
        const { rows, total } = await budgets.getReport({ by: by.by, ...interval, page: { pageSize: 500 } });
        const expected = await ask<Sum>(
          quota.database.ownerUrl,
          `SELECT ${by.sql} AS key, count(*)::text AS jobs,
          sum(cost_ucr)::text AS cost, sum(div(cost_ucr::numeric * subsidy_ppm, 1000000))::text AS award
        FROM charge_record WHERE closed_at >= $1 AND closed_at < $2 GROUP BY 1 ORDER BY 1`,
          [from, to],
        );
        expect(rows.map(shown)).toEqual(expected);
        expect(total?.jobs).toBe(expected.reduce((sum, { jobs }) => sum + BigInt(jobs), 0n));
        expect(total?.costUcr).toBe(expected.reduce((sum, { cost }) => sum + BigInt(cost), 0n));
      }),
      { numRuns: 60 },
    );
  });
});

interface Sum {
  key: string;
  jobs: string;
  cost: string;
  award: string;
}

const shown = ({ key, jobs, costUcr, awardUcr }: ReportRow): Sum => ({
  key,
  jobs: String(jobs),
  cost: String(costUcr),
  award: String(awardUcr),
});

const KEYS = [
  { by: By.TENANT, sql: 'tenant_id::text' },
  { by: By.PROJECT, sql: 'project_id::text' },
  { by: By.ACCELERATOR_CLASS, sql: 'accelerator_class' },
  { by: By.MONTH, sql: `to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM')` },
];

/** Charges of a few projects and awards over half a year, some of them enormous. */
const charges = (count: number): string => `
  INSERT INTO charge_record SELECT md5('t' || n % 3)::uuid, gen_random_uuid(), md5('p' || n % 7)::uuid,
    CASE WHEN n % 5 = 0 THEN 'nvidia.h100.sxm5.80g' ELSE '${CLASS}' END, n * 997, n % 11, 0, 1000,
    CASE WHEN n = 77 THEN 4000000000000000001 ELSE n * 1000003 + 17 END, '[]', 1, '2029-12-01Z',
    '2029-12-01Z'::timestamptz + n * interval '7 hours 13 minutes',
    CASE WHEN n % 2 = 0 THEN md5('a' || n % 4)::uuid END, CASE WHEN n % 2 = 0 THEN 333333 ELSE 0 END
  FROM generate_series(1, ${count}) n`;
