import { describe, expect, it } from '@jest/globals';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Job_Priority as Priority, Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { CPU, OPERATOR_TENANT } from '../testing/builders.ts';
import { engineJobId } from './job-id.ts';

const LONG = { command: ['work', '50000'], timeLimitMs: 60_000n };
const CONTINUE = BudgetEnd.CONTINUE_AT_LOW_PRIORITY;
const shortly = ({ state, cause }: Job): string => `${State[state]} ${Cause[cause]}`;

describe('a job whose project runs dry', () => {
  it.each([
    ['credits', 'credits end', 'CR:demo'],
    ['device time', 'device time ends', `DEVICE_MS:${CPU}`],
  ])('of %s is warned before, once, and told until when it is paid for', async (_, why, asset) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    compute.quota.grant(project.projectId, asset, 23_456n);
    const { id, createdAt, budgetEndsAt } = await compute.submit(project, LONG);
    expect(budgetEndsAt).toBeUndefined();

    await compute.pass(21);
    const warned = await compute.job(project, id);
    const startedAt = timestampDate(warned.startedAt ?? createdAt!);
    expect(timestampDate(warned.budgetEndsAt!)).toEqual(new Date(startedAt.getTime() + 23_456));
    expect(warned.detail).toContain(`Running; its project's ${why}, and it is paid for until 2030-01-01T00:00:2`);
    expect(warned.detail).toContain('unless the project is granted more.');

    const ended = await compute.end(project, id);
    expect([shortly(ended), ended.budgetEndsAt, ended.billedDeviceMs]).toEqual(['FAILED BUDGET', undefined, 23_456n]);
    expect(await warnings(compute, id)).toEqual(['job.budget_warning']);
  });

  it('and is granted more in time goes on as if nothing had been', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 23_456n });
    const { id } = await compute.submit(project, LONG);
    await compute.pass(21);
    compute.quota.account(project.projectId, 'CR:demo').balance += 100_000n;
    await compute.pass(2);

    const { detail, budgetEndsAt } = await compute.job(project, id);
    expect([detail, budgetEndsAt]).toEqual(['Running.', undefined]);
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(await warnings(compute, id)).toEqual(['job.budget_warning', 'job.budget_restored']);
  });

  it('is asked for more now and then, not with each look', async () => {
    const terms = { operator: 'demo', operatorTenantId: OPERATOR_TENANT, admitsUnisolated: false, cover: SLOW };
    await using compute = await ComputeUnderTest.start({ terms, steps: { cover: SLOW, observeMs: 1_000 } });
    const project = compute.project({ credits: 90_000n });
    const { id } = await compute.submit(project, { ...LONG, command: ['work', '95000'], timeLimitMs: 100_000n });
    await compute.pass(75);
    const asked = new Set<number>();
    for (let second = 0; second < 10; second++) {
      const [row] = await compute.sql<{ at: Date | null }>('SELECT asked_at AS at FROM job WHERE id = $1', [id]);
      asked.add(row?.at?.getTime() ?? NaN);
      await compute.pass(1);
    }
    const [first, second] = [...asked];
    expect((second ?? 0) - (first ?? 0)).toBe(4_000);
    expect(asked.size).toBeLessThan(5);
  });
});

describe('a job of which an award pays a share', () => {
  it('runs to the last µcr of the payer that has least', async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, awardId, id } = await awarded(compute, { balance: 8_000n });
    await compute.pass(18);
    expect((await compute.job(project, id)).detail).toContain('its award is used up, and it is paid for until');

    const ended = await compute.end(project, id);
    expect(shortly(ended)).toBe('FAILED BUDGET');
    expect(ended.detail).not.toContain('project');
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 20_002n, lateDeviceMs: 0n });
    expect(compute.quota.account(project.projectId, awardId)).toMatchObject({ balance: 0n, held: 0n });
    expect(compute.quota.account(project.projectId, 'CR:demo').balance).toBe(1_000_000n - 12_002n);
  });

  it("is warned before the award's end date, and no more when that is moved", async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, awardId, id } = await awarded(compute, { endsAt: instant(compute, 18) });
    await compute.pass(14);
    const { detail, budgetEndsAt } = await compute.job(project, id);
    expect(detail).toContain('its award ends');
    expect(detail).toContain('unless the award is extended before.');
    expect(timestampDate(budgetEndsAt!).getTime()).toBeGreaterThan(instant(compute, 0).getTime());

    compute.quota.awardOf(awardId).endsAt = instant(compute, 3_600);
    await compute.pass(2);
    expect((await compute.job(project, id)).detail).toBe('Running.');
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(await warnings(compute, id)).toEqual(['job.budget_warning', 'job.budget_restored']);
  });

  it("stops when what was covered before the award's end date is used", async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, id } = await awarded(compute, { endsAt: instant(compute, 20) });
    const ended = await compute.end(project, id);
    expect(shortly(ended)).toBe('FAILED BUDGET');
    expect(ended.billedDeviceMs).toBeGreaterThan(20_000n);
    expect(compute.quota.reservations.get(id)).toMatchObject({ lateDeviceMs: 0n });
  });
});

describe('a job that its programme lets go on', () => {
  it('says so before, goes on at low priority and ends well, and nobody is charged for the rest', async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, awardId, id } = await awarded(compute, { balance: 6_000n, budgetEnd: CONTINUE });
    await compute.pass(8);
    const warned = await compute.job(project, id);
    expect(warned).toMatchObject({ priority: Priority.NORMAL, budgetEndsAt: expect.anything() });
    expect(warned.detail).toContain('from then on it goes on at low priority');

    await compute.pass(20);
    const low = await compute.job(project, id);
    expect(low).toMatchObject({ priority: Priority.LOW, state: State.RUNNING, budgetEndsAt: expect.anything() });
    expect(low.detail).toContain('because its award was used up: nobody is charged');

    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 15_002n, lateDeviceMs: 34_998n });
    expect(compute.quota.account(project.projectId, awardId)).toMatchObject({ balance: 0n, held: 0n });
    expect(compute.quota.account(project.projectId, 'CR:demo')).toMatchObject({ balance: 990_998n, held: 0n });
    expect(await warnings(compute, id)).toEqual(['job.budget_warning', 'job.low_priority']);
  });

  it.each([
    ['ends by its date', 25],
    ['is returned', 3_600],
  ])('goes on when its award %s', async (how, endsInSeconds) => {
    await using compute = await ComputeUnderTest.start();
    const terms = { endsAt: instant(compute, endsInSeconds), budgetEnd: CONTINUE };
    const { project, awardId, id } = await awarded(compute, terms);
    await compute.pass(12);
    if (how === 'is returned') compute.quota.awardOf(awardId).endsAt = instant(compute, 0);
    expect(shortly(await compute.end(project, id))).toBe('SUCCEEDED USER');
    expect(await warnings(compute, id)).toContain('job.low_priority');
    expect(compute.quota.reservations.get(id)?.lateDeviceMs).toBeGreaterThan(0n);
  });

  it('stops all the same where what ends first is its own', async () => {
    await using compute = await ComputeUnderTest.start();
    const credits = 9_000n;
    const { project, id } = await awarded(compute, { balance: 6_000n, budgetEnd: CONTINUE }, { credits });
    const ended = await compute.end(project, id);
    expect([shortly(ended), ended.priority]).toEqual(['FAILED BUDGET', Priority.NORMAL]);
    expect(ended.detail).toContain("project's credits");
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 15_000n, lateDeviceMs: 0n });
  });

  it('stays at low priority when its award has money again, and ends at its time limit', async () => {
    await using compute = await ComputeUnderTest.start();
    const wishes = { command: ['work', '99000'], timeLimitMs: 40_000n };
    const { project, awardId, id } = await awarded(compute, { balance: 6_000n, budgetEnd: CONTINUE }, {}, wishes);
    await compute.pass(20);
    compute.quota.account(project.projectId, awardId).balance += 100_000n;
    const ended = await compute.end(project, id);
    expect([shortly(ended), ended.priority]).toEqual(['FAILED LIMIT', Priority.LOW]);
    expect(compute.quota.reservations.get(id)).toMatchObject({ usedDeviceMs: 15_002n, lateDeviceMs: 24_998n });
  });

  it("ends at the site's cost when Kontor is away too long", async () => {
    await using compute = await ComputeUnderTest.start();
    const { project, id } = await awarded(compute, { balance: 6_000n, budgetEnd: CONTINUE });
    await compute.pass(20);
    compute.clock.advance(120_000);
    expect(shortly(await compute.end(project, id))).toBe('FAILED SITE');
  });

  it('is not told that it ends while it may go on', async () => {
    await using compute = await ComputeUnderTest.start();
    const wishes = { ...LONG, graceMs: 2_000n, checkpointNoticeMs: 3_000n };
    const { project, id } = await awarded(compute, { balance: 8_000n, budgetEnd: CONTINUE }, {}, wishes);
    for (let second = 0; second < 40; second++) {
      await compute.pass(1);
      const { usage } = await compute.job(project, id);
      const coverMs = compute.engine.jobs.get(engineJobId({ ...project, id }))?.coverMs ?? 0;
      if (coverMs < 60_000) expect(coverMs - Number(usage?.elapsedMs)).toBeGreaterThan(5_000);
    }
    expect((await compute.job(project, id)).priority).toBe(Priority.LOW);
  });
});

const SLOW = { intervalMs: 40_000n, marginMs: 16_000n };

const instant = ({ clock }: ComputeUnderTest, inSeconds: number): Date =>
  new Date(clock.now().getTime() + inSeconds * 1_000);

/** A job of fifty seconds of which an award pays forty per cent. */
async function awarded(
  compute: ComputeUnderTest,
  terms: Parameters<ComputeUnderTest['quota']['award']>[2],
  means: Parameters<ComputeUnderTest['project']>[0] = {},
  wishes: Parameters<ComputeUnderTest['submit']>[1] = LONG,
) {
  const project = compute.project(means);
  const awardId = compute.quota.award(project.projectId, 400_000, terms);
  const { id } = await compute.submitFor(project, awardId, wishes);
  return { project, awardId, id };
}

/** What the journal says of its budget, in order. */
const warnings = async (compute: ComputeUnderTest, id: string): Promise<string[]> =>
  (await compute.journal(id)).filter((action) => /budget|priority/.test(action));
