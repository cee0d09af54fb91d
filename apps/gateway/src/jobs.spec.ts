import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, PROJECT, SERVICES, TENANT, workload } from '../testing/gateway-under-test.ts';

describe('jobs over REST', () => {
  it("are created in the caller's tenant and answered in the JSON of the contract", async () => {
    await using it = await setup();
    const job = newJob();
    const created = await it.post(jobs, job);
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      project: { tenantId: TENANT, projectId: PROJECT },
      id: job.id,
      state: 'QUEUED',
      createdAt: '2026-11-22T12:00:00Z',
      workload: { command: ['node', 'train.mjs'], environment: { SEED: '7' }, memoryBytes: '268435456' },
    });
  });

  it('come with every field, 64-bit integers to the last digit', async () => {
    await using it = await setup();
    expect((await it.post(jobs, newJob())).json).toMatchObject({
      billedDeviceMs: '9223372036854775807',
      resourceVersion: '0',
      detail: '',
      cause: 'UNSPECIFIED',
    });
  });

  it('are the same job when they are sent again, and a conflict with other content', async () => {
    await using it = await setup();
    const job = newJob();
    const first = await it.post(jobs, job);
    const again = await it.post(jobs, job);
    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(await it.post(jobs, { ...job, name: 'other' })).toMatchObject({
      status: 409,
      json: { code: 'job_exists_with_different_content' },
    });
    expect(it.compute.jobs.size).toBe(1);
  });

  it('are explained without being created', async () => {
    await using it = await setup();
    expect(await it.post(`${jobs}/explain`, newJob())).toMatchObject({
      status: 200,
      json: { verdict: 'QUEUED', rule: 'capacity', detail: 'No room for digits.', costUcrMax: '0' },
    });
    expect(it.compute.jobs.size).toBe(0);
  });

  it('are found, cancelled and accounted for by their id', async () => {
    await using it = await setup();
    const { id } = newJob();
    await it.post(jobs, newJob({ id }));
    expect(await it.get(`${jobs}/${id}`)).toMatchObject({ status: 200, json: { id } });
    expect((await it.get(`${jobs}/${id}/decisions`)).json).toMatchObject({ decisions: [{ verdict: 'PLACED' }] });
    expect((await it.get(`${jobs}/${id}/reservation`)).json).toMatchObject({ id, slots: 1 });
    expect((await it.get(`${jobs}/${id}/charge-record`)).json).toMatchObject({ costUcr: '12' });
    expect(await it.ask('POST', `${jobs}/${id}/cancel`)).toMatchObject({ status: 200, json: { state: 'CANCELLED' } });
    expect(await it.get(`${jobs}/${randomUUID()}`)).toMatchObject({ status: 404, json: { code: 'job_not_found' } });
  });

  it('are listed in pages that name the next one in body and header', async () => {
    await using it = await setup();
    for (let i = 0; i < 5; i += 1) await it.post(jobs, newJob());
    const seen: string[] = [];
    let next: string | undefined = `${jobs}?pageSize=2`;
    for (let pages = 0; next !== undefined; pages += 1) {
      expect(pages).toBeLessThan(3);
      const { json, headers } = await it.get(next);
      const page = json as { jobs: { id: string }[]; page: { nextPageToken: string } };
      seen.push(...page.jobs.map(({ id }) => id));
      next = /^<(\/v1\/.*)>; rel="next"$/.exec(String(headers.link))?.[1];
      expect(next === undefined).toBe(page.page.nextPageToken === '');
    }
    expect(seen).toEqual([...it.compute.jobs.keys()]);
  });

  it('may be as large as the contract allows', async () => {
    await using it = await setup();
    const environment = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`V${i}`, 'ü'.repeat(16_000)]));
    expect(await it.post(jobs, newJob({ workload: workload({ environment }) }))).toMatchObject({ status: 201 });
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
