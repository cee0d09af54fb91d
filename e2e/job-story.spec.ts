import { fromJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DecisionSchema,
  Decision_Verdict as Verdict,
  Job_State as State,
  ListJobsResponseSchema,
} from '@kontor/contracts/compute/v1/compute';
import {
  AccountSchema,
  ChargeRecord_Cause as Cause,
  GetTrialBalanceResponseSchema,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { costUcr } from '@kontor/ledger/cost';
import { setRate } from '@kontor/testing/founded-project';
import { startOperator, type Operator } from '@kontor/testing/operator';
import { CLASS, Project, UCR_PER_DEVICE_HOUR } from './project.ts';

let operator: Operator;
beforeAll(async () => {
  // Short intervals of cover, so that money can run out within a test.
  operator = await startOperator({ env: { KONTOR_COVER_MS: '2000', KONTOR_COVER_MARGIN_MS: '1000' } });
  await setRate(operator, CLASS, UCR_PER_DEVICE_HOUR);
}, 180_000);
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
}, 60_000);

describe('a job', () => {
  it('runs, is metered, and leaves a charge that anyone can compute again', async () => {
    const project = await setup();
    const job = await project.run('echo to stdout; echo to stderr >&2; sleep 0.3');

    expect(job).toMatchObject({ state: State.SUCCEEDED, exitCode: 0, cause: Cause.USER });
    expect(await project.printed(job.id)).toBe('to stdout\n');
    expect(await project.printed(job.id, 'stderr')).toBe('to stderr\n');
    const charge = await project.charge(job.id);
    expect(charge.deviceMs).toBe(job.billedDeviceMs);
    expect(charge.deviceMs).toBeGreaterThanOrEqual(300n);
    expect(charge.costUcr).toBe(costUcr(charge.deviceMs, charge.ucrPerDeviceHour));
    expect(charge.payers.reduce((sum, { amountUcr }) => sum + amountUcr, 0n)).toBe(charge.costUcr);
    expect(charge.ucrPerDeviceHour).toBe(UCR_PER_DEVICE_HOUR);
  });

  it('reads the files it declared, and only those it declared come out', async () => {
    const project = await setup();
    const input = await project.upload('data/words.txt', 'one two three\n');
    const job = await project.run('wc -w < data/words.txt > count.txt; echo secret > other.txt', {
      inputs: [input],
      outputs: ['count.txt'],
    });
    expect(job.outputs.map(({ path }) => path)).toEqual(['count.txt']);
    expect((await project.rest.bytes(`${project.path}/jobs/${job.id}/outputs/count.txt`)).toString().trim()).toBe('3');
    expect((await project.rest.get(`${project.path}/jobs/${job.id}/outputs/other.txt`)).status).toBe(404);
  });

  it('that fails is charged for what it used, and says how it ended', async () => {
    const project = await setup();
    const job = await project.run('sleep 0.2; exit 3');
    expect(job).toMatchObject({ state: State.FAILED, exitCode: 3, cause: Cause.USER });
    expect((await project.charge(job.id)).deviceMs).toBeGreaterThanOrEqual(200n);
  });

  it('that outlives its time limit is stopped and told so', async () => {
    const project = await setup();
    const job = await project.run('sleep 60', { timeLimitMs: 1_000n });
    expect(job).toMatchObject({ state: State.FAILED, cause: Cause.LIMIT });
    expect((await project.charge(job.id)).deviceMs).toBeLessThan(10_000n);
  });

  it('that staff cancel stops with its grace, and one whose project they suspend too', async () => {
    const project = await setup();
    const endedBy = async (path: (id: string) => string, body: object) => {
      const job = project.newJob('sleep 60');
      await project.submit(job);
      await project.reaches(job.id, ({ state }) => state === State.RUNNING);
      await operator.as('staff').done(`${project.path}/${path(job.id)}`, body);
      return project.ended(job.id);
    };
    const cancelled = await endedBy((id) => `jobs/${id}/cancel`, {});
    expect(cancelled).toMatchObject({ state: State.CANCELLED, cause: Cause.USER });
    const suspended = await endedBy(() => 'suspend', { reason: 'For a test.' });
    expect([suspended.state, suspended.cause, suspended.detail]).toEqual([
      State.CANCELLED,
      Cause.SUSPENDED,
      expect.stringContaining('is suspended'),
    ]);
    expect((await project.charge(suspended.id)).payers.length).toBeGreaterThan(0);
    expect(await holdings(project)).toEqual([0n, 0n, 0n]);
  });

  it('that is cancelled stops with its grace and pays until then', async () => {
    const project = await setup();
    const request = project.newJob('trap "echo goodbye; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    await project.submit(request);
    await project.reaches(request.id, ({ state }) => state === State.RUNNING);
    await project.rest.post(`${project.path}/jobs/${request.id}/cancel`);
    const job = await project.ended(request.id);
    expect(job.state).toBe(State.CANCELLED);
    expect(await project.printed(job.id)).toContain('goodbye');
    expect((await project.charge(job.id)).cause).toBe(Cause.USER);
  });

  it('whose money ends is stopped with notice, and costs no more than there was', async () => {
    const project = await setup(3_500n);
    const job = await project.run('trap "echo noticed; exit 0" TERM; while :; do sleep 0.05; done', {
      timeLimitMs: 50_000n,
    });
    expect(job.cause).toBe(Cause.BUDGET);
    expect(await project.printed(job.id)).toContain('noticed');
    const { costUcr: cost } = await project.charge(job.id);
    expect(cost).toBeLessThanOrEqual(3_500n);
    expect(cost).toBeGreaterThan(0n);
  });

  it('sent twice is one job; with other content it is refused', async () => {
    const project = await setup();
    const request = project.newJob('sleep 0.1');
    const answers = await Promise.all([project.submit(request), project.submit(request), project.submit(request)]);
    expect(answers.map(({ status }) => status).every((status) => status === 200 || status === 201)).toBe(true);
    expect((await project.submit({ ...request, name: 'another' })).status).toBe(409);
    await project.ended(request.id);
    const { jobs } = fromJson(ListJobsResponseSchema, (await project.rest.get(`${project.path}/jobs`)).body);
    expect(jobs).toHaveLength(1);
  });

  it('that finds no room waits, says when it may start, and then runs', async () => {
    const project = await setup();
    const long = Array.from({ length: 8 }, () => project.newJob('sleep 1'));
    const answers = await Promise.all(long.map((request) => project.submit(request)));
    expect(answers.map(({ status }) => status)).toEqual(long.map(() => 201));
    const decision = await project.rest.post(`${project.path}/jobs/explain`, project.newJob('true'));
    expect(fromJson(DecisionSchema, decision.body).verdict).toBe(Verdict.QUEUED);
    const ended = await Promise.all(long.map(({ id }) => project.ended(id, 60_000)));
    expect(ended.map(({ state }) => state)).toEqual(long.map(() => State.SUCCEEDED));
  });
});

describe('a refusal names its rule and what would help, and changes nothing', () => {
  it.each([
    ['a class that nobody has', { acceleratorClass: 'nvidia.h100.sxm5.80g' }],
    ['more cores than any node has', { devices: 1000 }],
    ['an input that was never uploaded', { inputs: [{ path: 'x', sha256: '0'.repeat(64) }] }],
  ])('%s', async (_, changed) => {
    const project = await setup();
    const { status, body } = await project.submit(project.newJob('true', changed));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ code: expect.stringMatching(/^refused_by_/), help: expect.stringMatching(/\w/) });
    expect(await holdings(project)).toEqual([0n, 0n, 0n]);
  });

  it('a project that cannot pay', async () => {
    const project = await setup(0n);
    const { status, body } = await project.submit(project.newJob('true'));
    expect(status).toBe(402);
    expect(body).toMatchObject({ code: 'refused_by_budget' });
  });

  it('a project nobody opened', async () => {
    const stranger = new Project(operator, uuid7());
    expect((await stranger.submit(stranger.newJob('true'))).status).toBe(404);
    expect((await stranger.rest.get(`${stranger.path}/jobs/${uuid7()}`)).status).toBe(404);
  });
});

describe('the books', () => {
  it('sum to zero, hold nothing for ended jobs, and overdraw nobody', async () => {
    const { assets } = fromJson(
      GetTrialBalanceResponseSchema,
      (await operator.as('auditor').get('/v1/trial-balance')).body,
    );
    expect(assets.length).toBeGreaterThanOrEqual(3);
    for (const asset of assets)
      expect(asset).toMatchObject({ sum: 0n, held: 0n, heldByLegs: 0n, overdrawnAccounts: 0 });
  });
});

function setup(credits = 1_000_000_000n): Promise<Project> {
  return Project.found(operator, credits);
}

async function holdings(project: Project): Promise<bigint[]> {
  const accounts = await project.rest.all(`${project.path}/accounts`, 'accounts');
  return accounts.map((account) => fromJson(AccountSchema, account).held);
}
