import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { countLine, countMutations } from '@kontor/kit/journal-mutations';
import { another, superuserUrl, undone } from '@kontor/testing/around-service';
import { mutatingMethods } from '@kontor/testing/mutating-methods';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';
import { computeMutations } from './mutations.ts';

const DATA = Buffer.from('ten digits');

/** What each method of compute's contract changes: jobs that run, wait, are refused and end, and files. */
const EVERY_MUTATION: Record<string, (compute: ComputeUnderTest) => Promise<unknown>> = {
  submitJob: async (compute) => {
    const project = compute.project({ slots: 2n });
    await compute.submit(project, { devices: 2 });
    await compute.submit(project);
    await compute.submit(project, { devices: 100 }).catch(() => undefined);
    await compute.pass(30);
  },
  cancelJob: async (compute) => {
    const project = compute.project();
    const { id } = await compute.submit(project);
    await compute.pass(2);
    await compute.life.client.cancelJob({ project, id });
    await compute.life.client.cancelJob({ project, id });
    await compute.pass(10);
  },
  uploadFile: (compute) => {
    const sha256 = createHash('sha256').update(DATA).digest('hex');
    async function* pieces() {
      yield { project: compute.project(), sha256, data: DATA };
    }
    return compute.life.client.uploadFile(pieces());
  },
};

const COMPLETE = expect.stringMatching(/^journal complete: mutations=(\d+) records=\1$/);

/** What only the superuser can do, and what the count then says. */
const AROUND: [sql: string, said: string][] = [
  [another('job', `'id', gen_random_uuid()`), '(changes of jobs: '],
  [`UPDATE job SET cause = cause + 1`, '(changes of jobs: '],
  [another('decision', `'id', gen_random_uuid()`, 'NOT has_job'), '(jobs refused: '],
  [another('file', `'sha256', repeat('0', 64)`), '(files kept: '],
  ['UPDATE cluster SET resource_version = resource_version + 1', '(versions of clusters: '],
  [another('journal', `'seq', 999999`, `action = 'file.keep'`, 'OVERRIDING SYSTEM VALUE'), '(files kept: '],
  [another('journal', `'seq', 999999, 'action', 'x'`, 'true', 'OVERRIDING SYSTEM VALUE'), ' uncounted=1'],
];

describe('the count of mutations', () => {
  it('is of everything that compute can be asked to change', () => {
    expect(Object.keys(EVERY_MUTATION).toSorted()).toEqual(mutatingMethods(ComputeService).toSorted());
  });

  it('is right after each of them, and misses any record that is gone', async () => {
    await using compute = await ComputeUnderTest.start();
    for (const [name, mutate] of Object.entries(EVERY_MUTATION)) {
      await mutate(compute);
      expect([name, countLine(await compute.count())]).toEqual([name, COMPLETE]);
    }
    const actions = await compute.sql<{ action: string }>('SELECT DISTINCT action FROM journal');
    expect(actions.length).toBeGreaterThan(8);
    for (const { action } of actions) {
      const gone = `DELETE FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE action = '${action}')`;
      expect([action, await after(compute, gone)]).toEqual([action, expect.stringContaining('INCOMPLETE')]);
    }
  });

  it('sees what was made around the service', async () => {
    await using compute = await ComputeUnderTest.start();
    for (const mutate of Object.values(EVERY_MUTATION)) await mutate(compute);
    for (const [sql, said] of AROUND) {
      const line = await after(compute, sql);
      expect([sql, line]).toEqual([sql, expect.stringContaining('INCOMPLETE')]);
      expect([sql, line]).toEqual([sql, expect.stringContaining(said)]);
    }
  });
});

/** What the count would be after some SQL of the superuser. */
const after = ({ database }: ComputeUnderTest, sql: string): Promise<string> =>
  undone(superuserUrl(database), async (runner) => {
    await runner.query(sql);
    return countLine(await countMutations(runner.manager, computeMutations));
  });
