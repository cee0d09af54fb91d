import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { GetReportRequest_By as By, type StatementLine } from '@kontor/contracts/quota/v1/budget';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import { INT64_MAX } from '@kontor/ledger/int64';
import { personWith } from '@kontor/testing/acting-for';
import { DAY_MS, found, HOUR_MS, memberOf, programme, proposal, staff } from '../../testing/awards.ts';
import { ask } from '../../testing/in-database.ts';
import { CLASS, codeOf, fund, quotaUnderTest, UCR_PER_MS } from '../../testing/quota-under-test.ts';

describe('the budget of a project', () => {
  it('shows its own credits and its awards, what they burn, and warns in time', async () => {
    await using office = await setup();
    const { project, budgets, awardId } = office;
    await office.run(600n);
    office.clock.advance(Number(HOUR_MS));
    await office.reserve(200n);
    const { payers } = await budgets.getBudget({ project, windowMs: 2n * HOUR_MS });
    const [own, award] = payers;
    expect(own).toMatchObject({
      programme: '',
      grantedUcr: 5_000n,
      spentUcr: 300n,
      setAsideUcr: 100n,
      leftUcr: 4_600n,
      burnUcrPerHour: 300n,
    });
    expect(award).toMatchObject({
      accountId: awardId,
      programme: 'open',
      sharePpm: 500_000,
      grantedUcr: 400n,
      spentUcr: 300n,
      setAsideUcr: 100n,
      leftUcr: 0n,
      timeToEmptyMs: 0n,
      warnings: [{ atPpm: 800_000, usedPpm: 1_000_000 }],
    });
    expect(award?.endsAt).toBeDefined();
  });

  it('forgets what burned before the window, and an award that returned everything', async () => {
    await using office = await setup();
    await office.run(200n);
    office.clock.advance(Number(DAY_MS));
    await office.sweep();
    const { payers } = await office.budgets.getBudget({ project: office.project, windowMs: HOUR_MS });
    expect(payers).toMatchObject([{ programme: '', spentUcr: 100n, burnUcrPerHour: 0n }]);
  });
});

describe('a budget beyond 64 bits', () => {
  it('is shown to a rich project that burns little', async () => {
    await using office = await quotaUnderTest({ credits: 10n ** 18n });
    const { project, budgets } = { project: office.project, budgets: office.for(memberOf(office.project)).budgets };
    const { id } = await office.compute.reserve(office.terms(uuid7(), 30n));
    await office.compute.post({ project, id, usedDeviceMs: 30n, cause: Cause.USER });
    office.clock.advance(Number(DAY_MS) - 1);
    const { payers } = await budgets.getBudget({ project });
    expect(payers).toMatchObject([{ burnUcrPerHour: 1n, timeToEmptyMs: INT64_MAX }]);
  });
});

describe('a statement', () => {
  it("has every movement of a project's credits between two balances, whatever the size of its pages", async () => {
    await using office = await setup();
    const { project } = office;
    for (const used of [101n, 7n, 33n]) {
      office.clock.advance(1_000);
      await office.run(used);
    }
    await office.run(50n, Cause.SITE);
    const whole = await office.statement({ project });
    expect(whole.map(({ amount }) => amount)).toEqual(expect.arrayContaining([5_000n, 400n, -50n, -51n, -3n, -4n]));
    for (const pageSize of [1, 2, 500]) {
      expect(await office.statement({ project }, pageSize)).toEqual(whole);
    }
    const { accounts } = await office.gateway.listAccounts({ project });
    const credits = accounts.filter(({ asset }) => asset === 'CR:demo').reduce((sum, { balance }) => sum + balance, 0n);
    expect(whole.at(-1)?.balance).toBe(credits);
  });

  it('keeps to the end that its first page had, whatever is written between two pages', async () => {
    await using office = await setup();
    const { project, budgets, clock } = office;
    for (let n = 0; n < 3; n++) {
      await office.run(10n);
      clock.advance(1_000);
    }
    const whole = await office.statement({ project });
    const lines: StatementLine[] = [];
    const ends = new Set<string>();
    for (let pageToken = '', more = true; more; more = pageToken !== '') {
      const page = await budgets.getStatement({ project, page: { pageSize: 2, pageToken } });
      lines.push(...page.lines);
      ends.add([page.opening, page.closing, page.to?.seconds, page.to?.nanos].join());
      pageToken = page.page?.nextPageToken ?? '';
      await office.run(7n);
    }
    expect(lines).toEqual(whole);
    expect(ends.size).toBe(1);
    expect((await office.statement({ project })).length).toBeGreaterThan(whole.length);
  });

  it('adds up while jobs are being charged', async () => {
    await using office = await setup();
    const { project, budgets, clock } = office;
    let isDone = false;
    const charging = (async () => {
      for (; !isDone; clock.advance(1)) await office.run(2n);
    })();
    const differences = new Set<bigint>();
    for (let n = 0; n < 60; n++) {
      const { opening, lines, closing } = await budgets.getStatement({ project, page: { pageSize: 500 } });
      differences.add(lines.reduce((sum, { amount }) => sum + amount, opening) - closing);
    }
    isDone = true;
    await charging;
    expect([...differences]).toEqual([0n]);
  });

  it('that goes on where the one before ended misses nothing', async () => {
    await using office = await setup();
    const { project, budgets } = office;
    const first = await budgets.getStatement({ project });
    office.clock.advance(1);
    await office.run(10n);
    const second = await budgets.getStatement({ project, ...(first.to && { from: first.to }) });
    expect([second.opening, second.lines.length > 0]).toEqual([first.closing, true]);
    expect([...first.lines, ...second.lines]).toEqual(await office.statement({ project }));
  });

  it('begins anew where a clock that was set back dates a movement before its pages', async () => {
    await using office = await setup();
    const { project, budgets, clock } = office;
    for (let n = 0; n < 2; n++) {
      clock.advance(10_000);
      await office.run(10n);
    }
    const { page } = await budgets.getStatement({ project, page: { pageSize: 3 } });
    clock.advance(-15_000);
    await office.run(10n);
    const next = budgets.getStatement({ project, page: { pageSize: 3, pageToken: page?.nextPageToken ?? '' } });
    expect(await codeOf(next)).toBe('statement_changed');
    expect((await office.statement({ project }, 3)).length).toBeGreaterThan(3);
  });

  it('of a month ends where that of the next begins', async () => {
    await using office = await setup();
    const { project, budgets, clock } = office;
    const begin = clock.now();
    for (let day = 0; day < 6; day++) {
      await office.run(11n);
      clock.advance(3_600_000);
    }
    const at = (hours: number) => timestampFromDate(new Date(begin.getTime() + hours * 3_600_000));
    const [first, second] = [
      await budgets.getStatement({ project, to: at(3) }),
      await budgets.getStatement({ project, from: at(3) }),
    ];
    expect(second.opening).toBe(first.closing);
    expect(first.lines.length + second.lines.length).toBe((await office.statement({ project })).length);
  });

  it("shows operator staff any account, and others their own project's alone", async () => {
    await using office = await setup();
    const { accounts } = await office.gateway.listAccounts({});
    const treasury = accounts.find(({ purpose, asset }) => purpose === Purpose.TREASURY && asset === 'CR:demo');
    const accountId = treasury?.id ?? '';
    const { closing, lines } = await office.for(staff()).budgets.getStatement({ accountId });
    expect(closing).toBe(treasury?.balance);
    expect(lines.every(({ reason, amount }) => reason === Reason.GRANT && amount < 0n)).toBe(true);
    const { project, budgets } = office;
    expect(await codeOf(budgets.getStatement({ project, accountId }))).toBe('account_not_found');
    expect(await codeOf(budgets.getStatement({ accountId }))).toBe('not_allowed');
    expect(await codeOf(office.for(staff()).budgets.getStatement({}))).toBe('nothing_named');
    const [from, to] = [{ seconds: 2n }, { seconds: 1n }];
    expect(await codeOf(budgets.getStatement({ project, from, to }))).toBe('time_runs_backwards');
  });
});

describe('a report', () => {
  it.each([
    [
      By.PROGRAMME,
      [
        ['', 20n, 0n],
        ['open', 300n, 150n],
      ],
    ],
    [By.ACCELERATOR_CLASS, [[CLASS, 320n, 150n]]],
    [
      By.MONTH,
      [
        ['2030-01', 100n, 50n],
        ['2030-02', 220n, 100n],
      ],
    ],
  ])('adds up what jobs cost (%s), to the last µcr of the ledger', async (by, expected) => {
    await using office = await setup();
    await office.run(100n);
    office.clock.advance(31 * Number(DAY_MS));
    await office.sweep();
    const { programmes } = office.for(memberOf(office.project));
    const { awardId } = await programmes.submitProposal(proposal(office.project));
    await office.run(200n, Cause.USER, awardId);
    await office.run(20n, Cause.USER, '');
    const running = await office.reserve(90n, awardId);
    await office.compute.advance({
      project: office.project,
      id: running.id,
      usedDeviceMs: 31n,
      coverDeviceMs: 90n,
      timeoutMs: 60_000n,
    });

    const { rows, total, runningUcr } = await office.for(staff()).budgets.getReport({ by });
    expect(rows.map(({ key, costUcr, awardUcr }) => [key, costUcr, awardUcr])).toEqual(expected);
    expect(total).toMatchObject({ jobs: 3n, costUcr: 320n, awardUcr: 150n, ownUcr: 170n, deviceMs: 320n });
    const { accounts } = await office.gateway.listAccounts({});
    const revenue = accounts.find(({ purpose, asset }) => purpose === Purpose.REVENUE && asset === 'CR:demo');
    expect((total?.costUcr ?? 0n) + runningUcr).toBe(revenue?.balance);
  });

  it('is about one tenant for those who run it, and comes in pages', async () => {
    await using office = await setup();
    const { tenantId } = office.project;
    const other = { tenantId: uuid7(), projectId: uuid7() };
    await fund(office.gateway, other);
    const terms = { ...office.terms(uuid7(), 40n), project: other };
    await office.compute.reserve(terms);
    await office.compute.post({ project: other, id: terms.id, usedDeviceMs: 40n, cause: Cause.USER });
    await office.run(100n);
    const { budgets } = office.for(personWith([Role.TENANT_OBSERVER], { scope: { tenantId } }));
    const { rows } = await budgets.getReport({ by: By.TENANT, tenantId });
    expect(rows).toMatchObject([{ key: tenantId, costUcr: 100n }]);
    expect(await codeOf(budgets.getReport({ by: By.TENANT, tenantId: other.tenantId }))).toBe('tenant_not_found');
    expect(await codeOf(budgets.getReport({ by: By.TENANT }))).toBe('not_allowed');
    const all = office.for(staff()).budgets;
    const first = await all.getReport({ by: By.PROJECT, page: { pageSize: 1 } });
    const second = await all.getReport({
      by: By.PROJECT,
      page: { pageSize: 1, pageToken: first.page?.nextPageToken ?? '' },
    });
    expect([...first.rows, ...second.rows].map(({ key }) => key)).toEqual(
      [office.project.projectId, other.projectId].sort(),
    );
    expect([first.total?.costUcr, second.page?.nextPageToken]).toEqual([140n, '']);
  });
});

/** A project with 5,000 µcr, and an award of 400 µcr for a day that pays half. A device-millisecond costs a µcr. */
describe('the export in the FOCUS format', () => {
  it('has every charge of a tenant, and what awards paid of it, as rows that add up', async () => {
    await using office = await setup();
    for (const usedMs of [100n, 60n, 31n]) await office.run(usedMs);
    const { tenantId } = office.project;
    const { budgets } = office.for(personWith([Role.TENANT_OBSERVER], { scope: { tenantId } }));
    const [header = '', ...rows] = await office.focus(budgets.exportFocus({ tenantId, currency: 'EUR' }));
    const column = (name: string): number => header.split(',').indexOf(name);
    const costs = rows.map((row) => Number(row.split(',')[column('BilledCost')]));
    expect(rows).toHaveLength(6);
    expect(rows.every((row) => row.split(',')[column('BillingCurrency')] === 'EUR')).toBe(true);
    expect(Math.round(costs.reduce((sum, cost) => sum + cost, 0) * 1e6)).toBe(50 + 30 + 16);
  });

  it('is whole however many pages it is read in, and closed to other tenants', async () => {
    await using office = await setup();
    await office.run(10n);
    const { ownerUrl } = office.database;
    await ask(
      ownerUrl,
      `INSERT INTO charge_record SELECT tenant_id, gen_random_uuid(), project_id, accelerator_class,
        device_ms, late_device_ms, waived_device_ms, ucr_per_device_hour, cost_ucr, payers, cause, opened_at, closed_at,
        award_id, subsidy_ppm FROM charge_record, generate_series(1, 2500)`,
    );
    const rows = await office.focus(office.for(staff()).budgets.exportFocus({ currency: 'EUR' }));
    expect(new Set(rows).size).toBe(1 + 2 * 2_501);
    const stranger = office.for(personWith([Role.TENANT_OBSERVER], { scope: { tenantId: uuid7() } })).budgets;
    expect(
      await codeOf(office.focus(stranger.exportFocus({ tenantId: office.project.tenantId, currency: 'EUR' }))),
    ).toBe('tenant_not_found');
  });
});

type Pieces = AsyncIterable<{ data: Uint8Array }>;

async function setup() {
  const quota = await quotaUnderTest({ rate: UCR_PER_MS, credits: 5_000n });
  const { project } = quota;
  await found(quota, [programme()]);
  const { programmes, budgets } = quota.for(memberOf(project));
  const { awardId: first } = await programmes.submitProposal(proposal(project));
  const reserve = (coverDeviceMs: bigint, awardId = first) =>
    quota.compute.reserve({ ...quota.terms(uuid7(), coverDeviceMs), awardId });
  return {
    ...quota,
    budgets,
    reserve,
    awardId: first,
    /** The lines of a file that comes in pieces, once whoever asks has been signed for. */
    async focus(pieces: Pieces | Promise<Pieces>): Promise<string[]> {
      const data = (await Array.fromAsync(await pieces)).map((piece) => piece.data);
      return Buffer.concat(data).toString().trimEnd().split('\r\n');
    },
    /** A job from its beginning to its end. */
    async run(usedDeviceMs: bigint, cause = Cause.USER, awardId = first) {
      const { id } = await reserve(usedDeviceMs, awardId);
      await quota.compute.advance({ project, id, usedDeviceMs, coverDeviceMs: usedDeviceMs, timeoutMs: 60_000n });
      await quota.compute.post({ project, id, usedDeviceMs, cause });
    },
    /** All lines of a statement, which its balances hold together. */
    async statement(request: { project: typeof project }, pageSize = 50): Promise<StatementLine[]> {
      const lines: StatementLine[] = [];
      for (let pageToken = '', more = true; more; more = pageToken !== '') {
        const page = await budgets.getStatement({ ...request, page: { pageSize, pageToken } });
        lines.push(...page.lines);
        pageToken = page.page?.nextPageToken ?? '';
        if (pageToken === '') {
          expect(lines.reduce((sum, { amount }) => sum + amount, page.opening)).toBe(page.closing);
        }
      }
      return lines;
    },
  };
}
