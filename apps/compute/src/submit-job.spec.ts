import { describe, expect, it } from '@jest/globals';
import { Decision_Verdict as Verdict, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { uuid7 } from '@kontor/kit/id';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { aWorkload } from '../testing/builders.ts';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { DecisionRow } from './tables.ts';

const tally = (states: State[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const state of states) counts[State[state]] = (counts[State[state]] ?? 0) + 1;
  return counts;
};

describe('submitting a job', () => {
  it('is placed on all that its project has, though the ledger tells it page by page', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const awardId = compute.quota.award(project.projectId, 400_000);
    compute.quota.itemsOnPage = 1;
    const { state, id } = await compute.submitFor(project, awardId);
    expect(State[state]).toBe('STARTING');
    expect(await compute.end(project, id)).toMatchObject({ state: State.SUCCEEDED });
  });

  it('twice is submitting it once', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const first = await compute.submit(project);
    const again = await compute.submit(project, {}, first.id);

    expect(again).toEqual(first);
    expect(compute.quota.effects).toEqual([`reserve ${first.id}`]);
    expect(await compute.occupied()).toBe(1);
  });

  it('many times at once is submitting it once', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const id = uuid7();
    const answers = await Promise.all(Array.from({ length: 20 }, () => compute.submit(project, {}, id)));

    expect(new Set(answers.map((job) => job.id))).toEqual(new Set([id]));
    expect(compute.quota.effects).toEqual([`reserve ${id}`]);
    expect((await compute.journal(id)).filter((action) => action === 'job.placed')).toHaveLength(1);
    expect(await compute.occupied()).toBe(1);
  });

  it('that names an award has the award pay its share', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const awardId = compute.quota.award(project.projectId, 400_000);
    const submit = (id: string, award: string) =>
      compute.life.client.submitJob({ project, job: { id, name: 'a job', workload: aWorkload(), awardId: award } });
    const { id } = await submit(uuid7(), awardId);

    expect(compute.quota.reservations.get(id)?.request.awardId).toBe(awardId);
    expect((await compute.job(project, id)).awardId).toBe(awardId);
    await expect(submit(id, '')).rejects.toMatchObject({ code: 'exists_with_different_content' });
    await expect(submit(uuid7(), uuid7())).rejects.toMatchObject({ code: 'refused_by_budget' });
  });

  it('again after it has ended answers how it ended', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    const ended = await compute.end(project, id);
    expect(await compute.submit(project, {}, id)).toEqual(ended);
  });

  it.each<[string, Parameters<ComputeUnderTest['submit']>[1]]>([
    ['another program', { command: ['work', '1'] }],
    ['another time limit', { timeLimitMs: 60_001n }],
    ['other inputs', { environment: { A: 'b' } }],
  ])('under a known id with %s is a conflict and changes nothing', async (_, wishes) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const first = await compute.submit(project);

    await expect(compute.submit(project, wishes, first.id)).rejects.toMatchObject({
      code: 'exists_with_different_content',
    });
    expect(await compute.job(project, first.id)).toEqual(first);
  });

  it('under an id that another tenant uses is a job of its own', async () => {
    await using compute = await ComputeUnderTest.start();
    const [one, other] = [compute.project(), compute.project()];
    const { id } = await compute.submit(one);
    compute.quota.reservations.clear();
    await compute.submit(other, { command: ['work', '9000'] }, id);
    await compute.pass(2);

    expect(new Set(compute.engine.started).size).toBe(2);
    expect((await compute.job(one, id)).workload?.command).toEqual(['work', '5000']);
    expect((await compute.job(other, id)).workload?.command).toEqual(['work', '9000']);
  });

  it('fifty times at once for four slots never gives a slot to two', async () => {
    await using compute = await ComputeUnderTest.start();
    const projects = Array.from({ length: 10 }, () => compute.project());
    const jobs = await Promise.all(
      projects.flatMap((project) => Array.from({ length: 5 }, () => compute.submit(project))),
    );

    expect(tally(jobs.map(({ state }) => state))).toEqual({ STARTING: 4, QUEUED: 46 });
    expect(await compute.occupied()).toBe(4);
  });

  it('more often than the project may run at once queues the rest, and refuses none', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 2n });
    const jobs = await Promise.all(Array.from({ length: 10 }, () => compute.submit(project)));

    expect(tally(jobs.map(({ state }) => state))).toEqual({ STARTING: 2, QUEUED: 8 });
  });

  it('is refused by rule, with what would help, and leaves its decision and nothing else', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 5n });
    const id = uuid7();

    await expect(compute.submit(project, {}, id)).rejects.toMatchObject({
      kind: Kind.EXHAUSTED,
      code: 'refused_by_budget',
      detail: expect.stringContaining('0.000005 credits'),
      help: expect.stringContaining('more'),
    });
    await expect(compute.submit(project, { devices: 9 }, id)).rejects.toMatchObject({
      kind: Kind.REFUSED,
      code: 'refused_by_shape',
    });
    await expect(compute.job(project, id)).rejects.toMatchObject({ code: 'job_not_found' });
    const { decisions } = await compute.life.client.listDecisions({ project, jobId: id });
    expect(decisions.map(({ verdict, rule }) => `${Verdict[verdict]} ${rule}`)).toEqual([
      'REFUSED shape',
      'REFUSED budget',
    ]);
    expect(await compute.journal(id)).toEqual(['job.refused', 'job.refused']);
    expect([compute.quota.effects, await compute.occupied()]).toEqual([[], 0]);
  });

  it('over and over, though the same is refused, leaves one decision, without its workload', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 5n });
    const id = uuid7();
    const refuse = (word: string) =>
      expect(compute.submit(project, { command: [word] }, id)).rejects.toMatchObject({ code: 'refused_by_budget' });
    for (let n = 0; n < 3; n++) await refuse('once');
    await refuse('twice');
    compute.clock.advance(7_200_000);
    await refuse('once');
    expect(await compute.journal(id)).toEqual(['job.refused', 'job.refused']);
    const kept = await compute.sql<{ inputs: object }>('SELECT inputs FROM decision WHERE job_id = $1', [id]);
    expect(kept).toHaveLength(2);
    expect(JSON.stringify(kept)).not.toContain('once');
    expect(kept[0]?.inputs).toMatchObject({ request: { workloadSha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  });

  it('as often as anybody likes, though it is refused, leaves a hundred decisions an hour and project', async () => {
    await using compute = await ComputeUnderTest.start();
    const [project, other] = [compute.project({ credits: 5n }), compute.project({ credits: 5n })];
    const refuse = (whose: typeof project) =>
      expect(compute.submit(whose)).rejects.toMatchObject({ code: 'refused_by_budget' });
    const kept = async (): Promise<number> =>
      (await compute.sql(`SELECT FROM decision WHERE NOT has_job AND project_id = $1`, [project.projectId])).length;
    for (let n = 0; n < 103; n++) await refuse(project);
    expect(await kept()).toBe(100);
    await refuse(other);
    expect(await compute.sql(`SELECT FROM decision`)).toHaveLength(101);
    compute.clock.advance(3_600_000);
    await refuse(project);
    expect(await kept()).toBe(101);
  });

  it('over and over, though another is refused, leaves a decision each time, to be read page by page', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 5n });
    const jobId = uuid7();
    let command = 0;
    const refuse = () =>
      expect(compute.submit(project, { command: [String(command++)] }, jobId)).rejects.toBeInstanceOf(Problem);
    for (let n = 0; n < 7; n++) await refuse();
    const { client } = compute.life;
    const sizes: number[] = [];
    for (let pageToken = ''; ;) {
      const { decisions, page } = await client.listDecisions({ project, jobId, page: { pageSize: 3, pageToken } });
      sizes.push(decisions.length);
      pageToken = page?.nextPageToken ?? '';
      if (pageToken === '') break;
      await refuse();
      const other = client.listDecisions({ project, jobId: uuid7(), page: { pageToken } });
      await expect(other).rejects.toMatchObject({ code: 'page_token_invalid' });
    }
    expect(sizes).toEqual([3, 3, 1]);
    const { decisions } = await client.listDecisions({ project, jobId, page: { pageSize: 500 } });
    expect(decisions).toHaveLength(9);
  });

  it('after a refusal may pass once the reason is gone', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ credits: 5n });
    const id = uuid7();
    await expect(compute.submit(project, {}, id)).rejects.toBeInstanceOf(Problem);
    compute.quota.grant(project.projectId, 'CR:demo', 1_000_000n);
    expect(State[(await compute.submit(project, {}, id)).state]).toBe('STARTING');
  });

  it('fails, frees its slots and tells the caller when the money goes between verdict and reservation', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const id = uuid7();
    compute.quotaFaults.plan('reserve', 'before', Problem.exhausted('insufficient_credits', 'Not enough is left.'));

    await expect(compute.submit(project, {}, id)).rejects.toMatchObject({ code: 'insufficient_credits' });
    expect(await compute.job(project, id)).toMatchObject({ state: State.FAILED, detail: 'Not enough is left.' });
    expect(await compute.occupied()).toBe(0);
  });

  it('while the ledger cannot be reached is refused for now and leaves nothing', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const id = uuid7();
    compute.quotaFaults.isUnreachable = true;

    await expect(compute.submit(project, {}, id)).rejects.toMatchObject({ kind: Kind.UNAVAILABLE });
    await expect(compute.job(project, id)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  it('keeps the price of the moment when it was placed', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { command: ['work', '20000'] });
    compute.quota.rates.set('cpu.x86_64', 999_000_000n);
    await compute.end(project, id);
    expect(compute.quota.account(project.projectId, 'CR:demo').balance).toBe(980_000n);
  });

  it('keeps all that the verdict was computed from: computed again it is the same', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    const [row] = await inScope(compute.db, 'all', (tx) => tx.findBy(DecisionRow, { jobId: id }));
    expect(row?.inputs).toMatchObject({
      request: { jobId: id },
      snapshot: { offeredClasses: ['cpu.x86_64'], devicesHeld: 0 },
    });
    expect(row?.decision).toMatchObject({ verdict: 'PLACED', inputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe('explaining a job', () => {
  it('says what submitting would decide, and changes nothing', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const explain = (wishes = {}) =>
      compute.life.client.explainJob({ project, job: { id: uuid7(), name: 'a job', workload: aWorkload(wishes) } });

    expect(await explain()).toMatchObject({
      verdict: Verdict.PLACED,
      costUcrMax: 60_000n,
      ucrPerDeviceHour: 3_600_000n,
    });
    expect(await explain({ devices: 9 })).toMatchObject({ verdict: Verdict.REFUSED, rule: 'shape' });
    await compute.submit(project, { devices: 4, command: ['work', '60000'] });
    expect(await explain()).toMatchObject({ verdict: Verdict.QUEUED });

    expect(await inScope(compute.db, 'all', (tx) => tx.count(DecisionRow))).toBe(1);
    expect(await compute.occupied()).toBe(4);
  });
});
