import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BudgetService, GetReportRequest_By as By } from '@kontor/contracts/quota/v1/budget';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { connect } from '@kontor/kit/connect';
import { readTls } from '@kontor/kit/tls';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { atLeast, atMost, median, type Figure } from './figure.ts';
import { startLedger, type LedgerUnderLoad } from './ledger-under-load.ts';
import { inPairs } from './pairs.ts';
import { rawReports, type Wanted } from './raw-reports.ts';
import { seedUsage } from './seed-usage.ts';

const PAIRS = 5;
/** How long each side may take for one measurement; at least one report is always made. */
const SECONDS = 1;
/** Longer than this nobody looks at an empty page. */
const PATIENCE_S = 3;
const DEADLINE_MS = 60_000;

/**
 * Reports about 10⁵ awards and 10⁷ charges by the service, over mutual TLS and for a person, beside the same statements
 * sent by `pg`; then how long a person waits for the slowest.
 */
export async function run(): Promise<Figure[]> {
  await using ledger = await startLedger(0);
  await seedUsage(ledger.databaseUrl);
  await using raw = await rawReports(ledger.databaseUrl);
  await using service = reportsOf(ledger);
  const { rows } = await raw.client.query<Wanted & { tenantId: string }>(
    'SELECT tenant_id AS "tenantId" FROM bench_project WHERE n = 7',
  );
  await checkTotals(raw.client, service.report);

  const between = { from: new Date('2025-02-11T08:00Z'), to: new Date('2026-03-20T17:30Z') };
  const wanted: [string, Wanted][] = [
    ['by programme', { by: By.PROGRAMME }],
    ['by tenant', { by: By.TENANT }],
    ['by project', { by: By.PROJECT }],
    ['by class', { by: By.ACCELERATOR_CLASS }],
    ['by month', { by: By.MONTH }],
    ['by class, from one day to another', { by: By.ACCELERATOR_CLASS, ...between }],
    ["one tenant's, by project", { by: By.PROJECT, tenantId: rows[0]?.tenantId ?? '' }],
  ];
  const figures: Figure[] = [];
  const seconds: number[][] = [];
  for (const [name, which] of wanted) {
    const { ours, peer } = await inPairs(
      PAIRS,
      () => perSecond(() => service.report(which)),
      () => perSecond(() => raw.report(which)),
    );
    figures.push(atLeast(name, 'reports/s', ours, peer, 0.5));
    seconds.push(ours.map((rate) => 1 / rate));
  }
  const slowest = seconds.toSorted((a, b) => median(b) - median(a))[0] ?? [];
  return [...figures, atMost('the slowest of them', 's', slowest, PATIENCE_S)];
}

/** The service as operator staff ask it. */
function reportsOf({ address, tlsFolder }: LedgerUnderLoad) {
  const tls = { directory: tlsFolder, of: (service: string) => readTls(tlsFolder, service) };
  const gateway = connect(BudgetService, address, tls.of('gateway'));
  const staff = personWith([Role.OPERATOR_STAFF]);
  return {
    async report({ by, tenantId = '', from, to }: Wanted) {
      const asked = { by, tenantId, ...(from && to && { from: timestampFromDate(from), to: timestampFromDate(to) }) };
      // For a minute at a time, as the gateway vouches for people.
      return (await actingFor(gateway, tls, staff)).getReport(asked, { timeoutMs: DEADLINE_MS });
    },
    async [Symbol.asyncDispose]() {
      gateway.close();
    },
  };
}

type Report = ReturnType<typeof reportsOf>['report'];

/** What is fast and wrong is worth nothing: reports must add up to the charges, and these to the accounts. */
async function checkTotals(client: { query(sql: string): Promise<{ rows: object[] }> }, report: Report): Promise<void> {
  const { rows } = await client.query(`SELECT count(*)::text AS jobs, sum(cost_ucr)::text AS cost,
      sum(div(cost_ucr::numeric * subsidy_ppm, 1000000))::text AS award FROM charge_record`);
  for (const by of [By.PROGRAMME, By.TENANT, By.PROJECT, By.ACCELERATOR_CLASS, By.MONTH]) {
    const { total, runningUcr } = await report({ by });
    const told = { jobs: String(total?.jobs), cost: String(total?.costUcr), award: String(total?.awardUcr) };
    const isRight = JSON.stringify([told]) === JSON.stringify(rows) && runningUcr === 0n;
    if (!isRight)
      throw new Error(
        `A report by ${By[by]} says ${JSON.stringify(told)}, ${runningUcr} running; ` +
          `the charges say ${JSON.stringify(rows)}.`,
      );
  }
}

async function perSecond(once: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let done = 0;
  do {
    await once();
    done++;
  } while (performance.now() - began < SECONDS * 1000);
  return done / ((performance.now() - began) / 1000);
}
