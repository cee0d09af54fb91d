import { fromJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Job_Priority as Priority,
  Job_State as State,
  ListSitesResponseSchema,
  type Job,
} from '@kontor/contracts/compute/v1/compute';
import { ListJournalResponseSchema } from '@kontor/contracts/journal/v1/journal';
import { ChargeRecord_Cause as Cause, GetTrialBalanceResponseSchema } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { costUcr } from '@kontor/ledger/cost';
import { grantTo, setRate } from '@kontor/testing/founded-project';
import { startOperator, type Operator } from '@kontor/testing/operator';
import { CLASS, Project, UCR_PER_DEVICE_HOUR } from './project.ts';

const PROGRAMME = 'goes-on';
/** What is covered at first: an interval and the grace. */
const FIRST_COVER_MS = 3_500n;

let operator: Operator;
beforeAll(async () => {
  operator = await startOperator({ env: { KONTOR_COVER_MS: '3000', KONTOR_COVER_MARGIN_MS: '1500' } });
  await setRate(operator, CLASS, UCR_PER_DEVICE_HOUR);
  await startProgramme();
}, 180_000);
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
}, 60_000);

describe('a job whose budget ends', () => {
  it('is warned, writes a checkpoint, and is stopped; what it wrote is kept', async () => {
    const project = await Project.found(operator, 12_000n);
    const request = project.newJob(
      'trap "echo 42 > state" USR1; trap "echo told; exit 0" TERM; while :; do sleep 0.05; done',
      { checkpointNoticeMs: 1_500n, outputs: ['state'] },
    );
    await project.submit(request);
    const warned = await project.reaches(request.id, ({ budgetEndsAt }) => budgetEndsAt !== undefined);
    expect(warned.detail).toContain("its project's credits end");
    const endsInMs = timestampDate(warned.budgetEndsAt!).getTime() - timestampDate(warned.startedAt!).getTime();
    expect(Math.abs(endsInMs - 12_000)).toBeLessThan(2_000);

    const job = await project.ended(request.id);
    expect(job).toMatchObject({ state: State.FAILED, cause: Cause.BUDGET, outputs: [{ path: 'state' }] });
    expect(job.budgetEndsAt).toBeUndefined();
    expect((await project.rest.bytes(`${project.path}/jobs/${job.id}/outputs/state`)).toString()).toBe('42\n');
    expect(await project.printed(job.id)).toBe('told\n');
    expect((await project.charge(job.id)).costUcr).toBeLessThanOrEqual(12_000n);
    expect(await journaled(job)).toEqual(['job.budget_warning']);
  });

  it('goes on as if nothing had been when more is granted in time', async () => {
    const project = await Project.found(operator, 7_000n);
    const request = project.newJob('trap "echo asked" USR1; sleep 9', { checkpointNoticeMs: 500n });
    await project.submit(request);
    await project.reaches(request.id, ({ budgetEndsAt }) => budgetEndsAt !== undefined);
    await grantTo(operator, project.id, { 'CR:demo': 100_000n });
    await project.reaches(request.id, ({ budgetEndsAt }) => budgetEndsAt === undefined);
    expect(await project.ended(request.id)).toMatchObject({ state: State.SUCCEEDED, priority: Priority.NORMAL });
    expect(await project.printed(request.id)).toBe('');
    expect(await journaled(request)).toEqual(['job.budget_warning', 'job.budget_restored']);
  });
});

describe('a job whose award is used up, of a programme that lets it go on', () => {
  it('goes on at low priority; what was covered is charged, and nobody pays for the rest', async () => {
    const project = await Project.found(operator, 1_000_000n);
    const awardId = await awardTo(project, (FIRST_COVER_MS * 4n) / 10n);
    const request = { ...project.newJob('sleep 7'), awardId };
    await project.submit(request);
    const low = await project.reaches(request.id, ({ priority }) => priority === Priority.LOW);
    expect(low.detail).toContain('nobody is charged');

    const job = await project.ended(request.id);
    expect(job).toMatchObject({ state: State.SUCCEEDED, priority: Priority.LOW });
    const { deviceMs, lateDeviceMs, payers, costUcr: cost } = await project.charge(job.id);
    expect(deviceMs + lateDeviceMs).toBe(job.billedDeviceMs);
    expect(deviceMs - FIRST_COVER_MS).toBeLessThan(5n);
    expect(lateDeviceMs).toBeGreaterThan(3_000n);
    expect(cost).toBe(costUcr(deviceMs, UCR_PER_DEVICE_HOUR));
    expect(payers.find(({ accountId }) => accountId === awardId)?.amountUcr).toBe((cost * 4n) / 10n);
    expect(await journaled(job)).toEqual(['job.low_priority']);
  });

  it('gives way to a newcomer, with time for a checkpoint', async () => {
    const devices = await devicesOfANode();
    const project = await Project.found(operator, 1_000_000n);
    const coverMs = FIRST_COVER_MS + 1_000n;
    const awardId = await awardTo(project, (coverMs * BigInt(devices) * 4n) / 10n);
    const script = 'trap "echo 42 > state" USR1; while :; do sleep 0.05; done';
    const wishes = { devices, checkpointNoticeMs: 1_000n, outputs: ['state'] };
    const request = { ...project.newJob(script, wishes), awardId };
    await project.submit(request);
    await project.reaches(request.id, ({ priority }) => priority === Priority.LOW);

    const other = await Project.found(operator, 1_000_000n);
    const newcomer = other.newJob('sleep 0.2');
    await other.submit(newcomer);
    expect(await other.ended(newcomer.id)).toMatchObject({ state: State.SUCCEEDED });
    const job = await project.ended(request.id);
    expect(job).toMatchObject({ state: State.FAILED, cause: Cause.PREEMPTED, outputs: [{ path: 'state' }] });
    expect(job.detail).toContain('gave way');
    expect((await project.charge(job.id)).cause).toBe(Cause.PREEMPTED);
    expect(await journaled(job)).toEqual(['job.low_priority', 'job.giving_way']);
  });
});

describe('the books after all that', () => {
  it('sum to zero, hold nothing for ended jobs, and overdraw nobody', async () => {
    const { body } = await operator.as('auditor').get('/v1/trial-balance');
    for (const asset of fromJson(GetTrialBalanceResponseSchema, body).assets)
      expect(asset).toMatchObject({ sum: 0n, held: 0n, heldByLegs: 0n, overdrawnAccounts: 0 });
  });

  it('are journaled whole', async () => {
    const verdict = await operator.as('auditor').done('/v1/journals/compute/verify', { count: true });
    const { faults, count } = verdict as { faults: unknown[]; count: Record<string, string> };
    expect([faults, count['uncounted'] ?? '0']).toEqual([[], '0']);
    expect(count['mutations']).toBe(count['records']);
  });
});

/** A programme that pays forty per cent, awards small requests at once, and lets jobs go on when an award ends. */
async function startProgramme(): Promise<void> {
  const terms = {
    slug: PROGRAMME,
    name: 'Goes on',
    subsidyPpm: 400_000,
    maxUcrPerBeneficiary: '1000000000',
    threshold: { ucr: '1000000000', deviceMs: '1000000000', slots: 64, windowMs: '31557600000' },
    maxDurationMs: '31557600000',
    budgetEnd: 'CONTINUE_AT_LOW_PRIORITY',
  };
  const id = uuid7();
  const matter = { programme: { terms, addUcr: '1000000000' } };
  await operator.as('staff2').get('/v1/me');
  await operator.as('staff').done('/v1/changes', { id, matter, reason: 'For a test.' });
  await operator.as('staff2').done(`/v1/changes/${id}/agree`, {});
}

async function awardTo(project: Project, requestedUcr: bigint): Promise<string> {
  const proposal: unknown = await project.rest.done(`${project.path}/proposals`, {
    id: uuid7(),
    programme: PROGRAMME,
    requestedUcr: String(requestedUcr),
    purpose: 'To see how it ends.',
    durationMs: '86400000',
  });
  return (proposal as { awardId: string }).awardId;
}

async function devicesOfANode(): Promise<number> {
  const { sites } = fromJson(ListSitesResponseSchema, (await operator.as('staff').get('/v1/sites')).body);
  const pools = sites.flatMap(({ clusters }) => clusters.flatMap(({ pools }) => pools));
  return pools.find(({ acceleratorClass }) => acceleratorClass === CLASS)?.coresPerNode ?? 1;
}

/** What the journal says about a job's budget, oldest first. */
async function journaled({ id }: Pick<Job, 'id'>): Promise<string[]> {
  const { body } = await operator.as('auditor').get(`/v1/journals/compute?subject=${id}&pageSize=500`);
  const { records } = fromJson(ListJournalResponseSchema, body);
  return records
    .map(({ action }) => action)
    .filter((action) => /budget|priority|way/.test(action))
    .reverse();
}
