import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuid5 } from '@kontor/kit/id';
import { startCluster, stopCluster } from '@kontor/postgres/cluster';
import { asAdmin } from '@kontor/postgres/ensure-database';
import { inspectJobs } from './books.ts';

const [QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED] = [1, 4, 7, 8, 9];
const [UNSPECIFIED, USER, BUDGET, SITE] = [0, 1, 3, 4];

describe('the books after a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-books-'));
  const directory = join(folder, 'postgres');
  let url = '';
  beforeAll(async () => {
    ({ adminUrl: url } = await startCluster({ directory, port: 0, logFile: join(folder, 'log'), durability: 'none' }));
    // As much of compute's tables as is looked at.
    await asAdmin(url, (admin) =>
      admin.query('CREATE TABLE job (id uuid, state int, cause int); CREATE TABLE occupancy (during tstzrange)'),
    );
  });
  afterAll(async () => {
    await stopCluster({ directory });
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['succeeded', SUCCEEDED, USER, 'fine'],
    ['failed because the site was away', FAILED, SITE, 'failed'],
    ['still waits', QUEUED, UNSPECIFIED, 'lost'],
    ['still runs', RUNNING, SITE, 'lost'],
    ['failed as if by itself', FAILED, USER, 'lost'],
    ['failed as if nobody had paid', FAILED, BUDGET, 'lost'],
    ['was cancelled, which nobody asked', CANCELLED, USER, 'lost'],
  ])('count a job that %s as %4$s', async (what, state, cause, expected) => {
    const id = uuid5('books', what);
    await asAdmin(url, (admin) => admin.query('INSERT INTO job VALUES ($1, $2, $3)', [id, state, cause]));
    const { lost, failed } = await inspectJobs(url, [id]);
    expect({ lost, failed }).toEqual({ lost: expected === 'lost' ? 1n : 0n, failed: expected === 'failed' ? 1n : 0n });
  });

  it('count a job that is not there as lost', async () => {
    expect(await inspectJobs(url, [uuid5('books', 'gone')])).toMatchObject({ lost: 1n, failed: 0n });
  });
});
