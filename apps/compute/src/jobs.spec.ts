import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

describe('a list of jobs', () => {
  it('is newest first, in pages that miss none and show none twice', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) {
      if (n % 2 === 0) compute.clock.advance(1_000);
      ids.push((await compute.submit(project)).id);
    }
    const seen: string[] = [];
    for (let pageToken = '', page = 0; page < 4; page++) {
      const answer = await compute.life.client.listJobs({ project, page: { pageSize: 3, pageToken } });
      seen.push(...answer.jobs.map(({ id }) => id));
      pageToken = answer.page?.nextPageToken ?? '';
      if (page === 0) await compute.submit(project);
      if (!pageToken) break;
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(new Set(ids));
    expect(seen.slice(0, 1)).toEqual(ids.slice(-1));
  });

  it("holds a project's own jobs only", async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await compute.submit(project);
    expect(
      (await compute.life.client.listJobs({ project: compute.project({ tenantId: project.tenantId }) })).jobs,
    ).toEqual([]);
    expect((await compute.life.client.listJobs({ project })).jobs).toHaveLength(1);
  });

  it.each([
    'nonsense',
    Buffer.from('["2030-01-01","x"]').toString('base64url'),
    Buffer.from('[1]').toString('base64url'),
  ])('refuses a page token that is not ours: %s', async (pageToken) => {
    await using compute = await ComputeUnderTest.start();
    await expect(
      compute.life.client.listJobs({ project: compute.project(), page: { pageToken } }),
    ).rejects.toMatchObject({ code: 'page_token_invalid' });
  });
});

describe('what a job printed and left', () => {
  it('can be read by its project', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { outputs: ['model.bin'] });
    await compute.end(project, id);

    expect(await text(compute.life.client.readJobLog({ project, id, stream: Stream.STDOUT }))).toBe('work 5000\n');
    expect(await text(compute.life.client.readJobLog({ project, id, stream: Stream.STDOUT, offset: 5n }))).toBe(
      '5000\n',
    );
    expect(await text(compute.life.client.readJobOutput({ project, id, path: 'model.bin' }))).toMatch(
      /^model\.bin of /,
    );
  });

  it('is nothing before it starts, and is waited for by who follows it', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    expect(await text(compute.life.client.readJobLog({ project, id, stream: Stream.STDOUT }))).toBe('');

    const following = text(compute.life.client.readJobLog({ project, id, stream: Stream.STDOUT, follow: true }));
    await compute.pass(2);
    expect(await following).toBe('work 5000\n');
  });

  it('is nothing where it never ran, also for who follows it', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project({ slots: 8n });
    await compute.submit(project, { devices: 4 });
    const { id } = await compute.submit(project);
    await compute.life.client.cancelJob({ project, id });
    expect(await text(compute.life.client.readJobLog({ project, id, stream: Stream.STDERR, follow: true }))).toBe('');
  });

  it('is not waited for once who follows it is gone', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project);
    const gone = new AbortController();
    const following = text(
      compute.life.client.readJobLog({ project, id, stream: Stream.STDOUT, follow: true }, { signal: gone.signal }),
    );
    gone.abort();
    expect(await following).toBe('');
  });

  it.each([
    ['before it has ended', 0, 'model.bin', 'job_not_ended'],
    ['under a name that was not declared', 30, 'other.bin', 'output_not_found'],
    ['under a name that climbs out', 30, '../model.bin', 'output_not_found'],
  ])('cannot be read %s', async (_, seconds, path, code) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { outputs: ['model.bin'] });
    await compute.pass(seconds);
    await expect(text(compute.life.client.readJobOutput({ project, id, path }))).rejects.toMatchObject({ code });
  });

  it('is not there for another project or tenant', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const { id } = await compute.submit(project, { outputs: ['model.bin'] });
    await compute.end(project, id);
    for (const stranger of [compute.project({ tenantId: project.tenantId }), compute.project()]) {
      const { client } = compute.life;
      const reads = [
        client.getJob({ project: stranger, id }),
        text(client.readJobLog({ project: stranger, id, stream: Stream.STDOUT })),
        text(client.readJobOutput({ project: stranger, id, path: 'model.bin' })),
      ];
      for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'job_not_found' });
      expect((await client.listDecisions({ project: stranger, jobId: id })).decisions).toEqual([]);
    }
    await expect(compute.job(project, uuid7())).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

async function text(stream: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of stream) parts.push(data);
  return Buffer.concat(parts).toString();
}
